using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class RefusedTokensTests : IDisposable
{
    private static readonly IssuerOptions Acme = new() { Issuer = "https://sso.example/realms/acme", Organisation = "acme", Audience = "relay" };

    private readonly ManualTime _time = new();
    private readonly RelayMetrics _metrics = new();
    private readonly List<RefusedTokenEvent> _staged = [];
    private readonly RefusedTokens _refused;

    public RefusedTokensTests() => _refused = new RefusedTokens(new IdentityOptions { RefusalsPerMinute = 3 }, _metrics, _time, NullLogger<RefusedTokens>.Instance);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task Flush_Flood_StagesTheFirstFewAndOneCount()
    {
        Refuse(TokenRefusal.BadSignature, 100_000);
        Assert.Equal([1, 1, 1], await FlushAsync());

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(await FlushAsync());

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([99_997], await FlushAsync());
        Assert.All(_staged, staged => Assert.Equal(("acme", Acme.Issuer, TokenRefusal.BadSignature), (staged.Organisation, staged.Issuer, staged.Reason)));

        Refuse(TokenRefusal.BadSignature, 1);
        Assert.Equal([1], await FlushAsync());
    }

    [Fact]
    public async Task Flush_ReasonsAndIssuers_AreCountedApart()
    {
        Refuse(TokenRefusal.Expired, 4);
        Refuse(TokenRefusal.BadSignature, 4);
        _refused.Record(TokenResult.Refused(TokenRefusal.UnknownIssuer), "x");

        await FlushAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        await FlushAsync();

        Assert.Equal(
            [("", TokenRefusal.UnknownIssuer, 1), ("acme", TokenRefusal.BadSignature, 4), ("acme", TokenRefusal.Expired, 4)],
            _staged.GroupBy(staged => (staged.Organisation ?? "", staged.Reason))
                .Select(group => (group.Key.Item1, group.Key.Reason, group.Sum(staged => staged.Count)))
                .OrderBy(row => row.Item1, StringComparer.Ordinal).ThenBy(row => row.Reason.ToString(), StringComparer.Ordinal));
    }

    [Fact]
    public async Task Flush_LedgerRefuses_NoCountIsLostAndNothingGrows()
    {
        for (var minute = 0; minute < 5; minute++)
        {
            Refuse(TokenRefusal.Expired, 10);
            await _refused.FlushAsync((_, _) => throw new InvalidOperationException("down"), TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var counts = await FlushAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        counts = [.. counts, .. await FlushAsync()];

        Assert.Equal(50, counts.Sum());
        Assert.InRange(counts.Count, 1, 4);
    }

    [Fact]
    public async Task Record_EachRefusal_CountsInTheMetricWithItsReason()
    {
        Dictionary<string, long> counted = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument, _metrics.AuthFailures))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var reason = tags.ToArray().Single().Value!.ToString()!;
            counted[reason] = counted.GetValueOrDefault(reason) + value;
        });
        listener.Start();

        Refuse(TokenRefusal.Expired, 5);
        Refuse(TokenRefusal.AlgorithmNotAllowed, 2);

        Assert.Equal([("algorithm", 2), ("expired", 5)], counted.Select(entry => (entry.Key, entry.Value)).Order());
        Assert.Equal([1, 1, 1, 1, 1], await FlushAsync());
    }

    private void Refuse(TokenRefusal reason, int times)
    {
        for (var i = 0; i < times; i++)
            _refused.Record(TokenResult.Refused(reason, Acme), "GET /operators");
    }

    private async Task<IReadOnlyList<int>> FlushAsync()
    {
        var before = _staged.Count;
        await _refused.FlushAsync(
            (events, _) =>
            {
                _staged.AddRange(events);
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);
        return [.. _staged.Skip(before).Select(staged => staged.Count)];
    }
}
