using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Cli;
using OpenOva.Relay.Database;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Tests.Host;

namespace OpenOva.Relay.Tests.Messaging;

[Trait("Kind", "Fast")]
public sealed class MessagesVerbTests : IAsyncLifetime
{
    private const string First = "018f0000-0000-7000-8000-000000000001";
    private const string Second = "018f0000-0000-7000-8000-000000000002";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("relay-messages-");
    private string _minimal = "";

    public async ValueTask InitializeAsync()
    {
        _minimal = await MinimalConfiguration.WriteAsync(_data.FullName);
        Assert.Equal(ExitCode.Done, (await RunAsync("migrate")).Code);
        await using var application = Build();
        var database = application.Services.GetRequiredService<RelayDatabase>();
        (string, string, int)[] rows = [(First, "recordings.verify", 20), (First, "sessions.mark-verified", 3), (Second, "recordings.verify", 20)];
        foreach (var (id, consumer, attempts) in rows)
        {
            await database.ExecuteAsync(
                """
                INSERT INTO outbox (id, organisation, type, body, created_us, next_us, attempts, published_us)
                VALUES (@id, 'acme', 'Happened', '{}', relay_now_us() - 9000000000, 0, 1, 1) ON CONFLICT DO NOTHING
                """,
                new { id },
                TestContext.Current.CancellationToken);
            await database.ExecuteAsync(
                """
                INSERT INTO inbox (message_id, consumer, organisation, next_us, attempts, dead_us, fault)
                VALUES (@id, @consumer, 'acme', 0, @attempts, relay_now_us() - 7500000000, 'System.IO.IOException')
                """,
                new { id, consumer, attempts },
                TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        _data.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Dead_Lines_TellFaultAttemptsAndAge()
    {
        var (code, output, _) = await RunAsync("messages", "dead", "--consumer", "sessions.mark-verified");

        Assert.Equal(ExitCode.Done, code);
        var line = Assert.Single(output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"{First} sessions.mark-verified Happened acme 3 attempts, 2 h ago (", line, StringComparison.Ordinal);
        Assert.EndsWith(", System.IO.IOException", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_Json_HasEveryMember()
    {
        var (_, output, _) = await RunAsync("messages", "dead", "--json");

        var rows = JsonDocument.Parse(output).RootElement;
        Assert.Equal(3, rows.GetArrayLength());
        Assert.Equal(
            ["messageId", "consumer", "type", "organisation", "attempts", "fault", "createdUs", "deadUs", "ageUs"],
            rows[0].EnumerateObject().Select(member => member.Name));
        Assert.InRange(rows[0].GetProperty("ageUs").GetInt64(), 7_500_000_000, 7_600_000_000);
    }

    [Theory]
    [InlineData(1, 2, "--message", Second)]
    [InlineData(2, 1, "--message", First)]
    [InlineData(2, 1, "--consumer", "recordings.verify")]
    [InlineData(1, 2, "--message", First, "--consumer", "recordings.verify")]
    [InlineData(3, 0, "--all")]
    [InlineData(0, 3, "--consumer", "nobody")]
    public async Task Retry_Chosen_RevivesThoseAlone(int revived, int left, params string[] which)
    {
        var (code, output, _) = await RunAsync(["messages", "retry", "--json", .. which]);

        Assert.Equal(ExitCode.Done, code);
        Assert.Equal($"{{\"revived\":{revived}}}" + Environment.NewLine, output);
        await using var application = Build();
        Assert.Equal(left, (await application.Services.GetRequiredService<Inbox>().DeadAsync(null, 10, TestContext.Current.CancellationToken)).Count);
    }

    [Fact]
    public async Task Retry_MessageThatIsNotDead_Fails()
    {
        var (code, output, _) = await RunAsync("messages", "retry", "--message", "018f0000-0000-7000-8000-00000000000f");

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("0 ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--all", "--message", First)]
    public async Task Retry_NotSayingWhich_IsUsage(params string[] which)
    {
        var (code, _, error) = await RunAsync(["messages", "retry", .. which]);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--all", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_InMemoryBus_HasNone()
    {
        var (code, output, _) = await RunAsync("messages", "refused");

        Assert.Equal((ExitCode.Done, "None." + Environment.NewLine), (code, output));
    }

    [Fact]
    public async Task Refused_BrokerUnreachable_FailsAndSaysSo()
    {
        var file = Path.Combine(_data.FullName, "bus.json");
        await File.WriteAllTextAsync(file, """{"Relay":{"Bus":{"Url":"amqp://127.0.0.1:1"}}}""", TestContext.Current.CancellationToken);

        var (code, _, error) = await RunAsync("messages", "refused", "--config", file);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("BrokerUnreachableException", error, StringComparison.Ordinal);
    }

    private Microsoft.AspNetCore.Builder.WebApplication Build() =>
        RelayHost.Build(new RelayHostSettings { ConfigurationFiles = [_minimal], Data = _data.FullName, Log = false });

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await RelayCommandLine.RunAsync(
                [.. args, "--config", _minimal, "--data", _data.FullName], output, error, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(30));
        return (code, output.ToString(), error.ToString());
    }
}
