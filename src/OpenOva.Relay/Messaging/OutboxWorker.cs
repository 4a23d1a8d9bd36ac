using OpenOva.Relay.Database;

namespace OpenOva.Relay.Messaging;

/// <summary>Publishes when a commit wakes it, and at every sweep; redelivers and deletes at sweeps.</summary>
internal sealed class OutboxWorker(
    OutboxPublisher publisher, Inbox inbox, OutboxSignal signal, MessagingOptions options, TimeProvider time, ILogger<OutboxWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var swept = time.GetTimestamp();
        var isFirst = options.InMemory;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (isFirst) await inbox.AllDueAsync(stoppingToken);
                isFirst = false;
                await publisher.PublishAsync(stoppingToken);
                if (time.GetElapsedTime(swept) >= options.SweepInterval)
                {
                    swept = time.GetTimestamp();
                    await publisher.RedeliverAsync(stoppingToken);
                    await publisher.DeleteFinishedAsync(stoppingToken);
                }

                await signal.WaitAsync(options.SweepInterval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.SweepFailed(exception);
                await Task.Delay(options.SweepInterval, CancellationToken.None).WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
