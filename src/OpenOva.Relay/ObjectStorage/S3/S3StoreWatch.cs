using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>
/// Checks the store beside the start, which never waits for it, until a check has succeeded; then once a period. A later check that cannot be made leaves what
/// is known as it was and is made up for.
/// </summary>
internal sealed class S3StoreWatch(
    IStoreCheck check, ObjectStorageOptions storage, IEnumerable<PublishStoreReport> listeners, RelayMetrics metrics, TimeProvider time, ILogger<S3StoreWatch> logger)
    : BackgroundService
{
    private readonly S3Options _options = storage.S3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.IsConfigured) return;
        Introduce();
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TellAsync(await check.RunAsync(stoppingToken), stoppingToken);
                pause = FirstPause;
                await Task.Delay(_options.CheckPeriod, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.StoreCheckFailed(exception, pause);
                await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private void Introduce()
    {
        logger.StoreStarted(_options.Endpoint);
        if (_options.Endpoint.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) logger.StoreInClear(_options.Endpoint);
        if (_options.Checksums == S3Checksums.None) logger.StoreChecksumsOff();
        Missing(S3Duty.Retention, "live pieces stay after sealing, what has expired stays, and the locks cannot be tried");
        Missing(S3Duty.Hold, "no legal hold can be placed");
        Missing(S3Duty.Bypass, "a locked recording cannot be erased where the law demands it");
    }

    private void Missing(S3Duty duty, string cost)
    {
        if (!_options.IdentityOf(duty).IsConfigured) logger.StoreIdentityMissing($"{S3Options.Section}:{duty}", cost);
    }

    private async Task TellAsync(StoreReport report, CancellationToken cancellation)
    {
        foreach (var finding in report.Findings)
        {
            metrics.StoreChecks.Record(finding.Outcome == FindingOutcome.Holds ? 1 : 0, new("bucket", finding.Bucket), new("check", finding.Check));
            if (finding.Outcome == FindingOutcome.Holds) logger.StoreCheckHolds(finding.Bucket, finding.Check, finding.Detail);
            else if (finding.Required) logger.StoreCheckLacksRequired(finding.Bucket, finding.Check, finding.Outcome, finding.Detail, finding.Cost);
            else logger.StoreCheckLacksAdvised(finding.Bucket, finding.Check, finding.Outcome, finding.Detail, finding.Cost);
        }

        var can = report.Capabilities;
        logger.StoreChecked(report.Sufficient, can.LockEnforced, can.Versioned, can.ConditionalPut);
        foreach (var publish in listeners)
        {
            try
            {
                await publish(report, cancellation);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                logger.StoreReportNotPassedOn(exception);
            }
        }
    }
}
