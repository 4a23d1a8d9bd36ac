using System.CommandLine;
using OpenOva.Relay.Database;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay messages dead|retry</c></summary>
internal static class MessagesVerb
{
    public static Command Create() =>
        new("messages", "Look after messages that a consumer failed on to the last attempt.") { Dead(), Retry() };

    private static Command Dead()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var command = new Command("dead", "List messages that were given up, oldest first.");
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var dead = await application.Services.GetRequiredService<Inbox>().DeadAsync(1000, cancellation);
            await json.WriteAsync(
                parsed,
                dead,
                dead.Select(row => $"{row.MessageId} {row.Consumer} {row.Type} {row.Organisation} {RowClock.FromUnixMicroseconds(row.DeadUs):O} {row.Fault}")
                    .DefaultIfEmpty("None."));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Retry()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var message = new Option<string?>("--message") { Description = "Only the message with this id.", HelpName = "ID" };
        var command = new Command("retry", "Give messages that were given up another full round of attempts.");
        arguments.AddTo(command);
        json.AddTo(command);
        command.Options.Add(message);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var revived = await application.Services.GetRequiredService<Inbox>().ReviveAsync(parsed.GetValue(message), cancellation);
            await json.WriteAsync(parsed, new { revived }, [$"{revived} to be delivered again."]);
            return ExitCode.Done;
        });
        return command;
    }
}
