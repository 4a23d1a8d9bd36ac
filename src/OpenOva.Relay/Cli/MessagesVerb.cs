using System.CommandLine;
using OpenOva.Relay.Database;
using OpenOva.Relay.Messaging;
using RabbitMQ.Client.Exceptions;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay messages dead|retry|refused</c></summary>
internal static class MessagesVerb
{
    private const int Most = 1000;

    public static Command Create() =>
        new("messages", "Look after messages that a consumer failed on to the last attempt, and after what strangers sent.") { Dead(), Retry(), Refused() };

    private static Command Dead()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var consumer = ConsumerOption("Only those of this consumer.");
        var command = new Command("dead", $"List messages that were given up, with the last fault, attempts and age; the oldest {Most}.") { consumer };
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var dead = await application.Services.GetRequiredService<Inbox>().DeadAsync(parsed.GetValue(consumer), Most, cancellation);
            await json.WriteAsync(parsed, dead, dead.Select(Line).DefaultIfEmpty("None."));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Retry()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var message = new Option<string?>("--message") { Description = "Only the message with this id.", HelpName = "ID" };
        var consumer = ConsumerOption("Only for this consumer.");
        var all = new Option<bool>("--all") { Description = "Every message that was given up." };
        var command = new Command("retry", "Give messages that were given up another full round of attempts.") { message, consumer, all };
        arguments.AddTo(command);
        json.AddTo(command);
        command.Validators.Add(result =>
        {
            var some = result.GetValue(message) is not null || result.GetValue(consumer) is not null;
            if (some == result.GetValue(all)) result.AddError("Say which: --message ID, --consumer NAME or both; or --all.");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var revived = await application.Services.GetRequiredService<Inbox>()
                .ReviveAsync(parsed.GetValue(message), parsed.GetValue(consumer), cancellation);
            await json.WriteAsync(parsed, new { revived }, [$"{revived} to be delivered again."]);

            // Who names a message means one that is there.
            return revived == 0 && parsed.GetValue(message) is not null ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static Command Refused()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var command = new Command("refused", "Count what strangers sent to our queues on the broker, kept aside in queues named _error and _skipped.");
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            try
            {
                var refused = await application.Services.GetRequiredService<RefusedQueues>().ListAsync(cancellation);
                await json.WriteAsync(parsed, refused, refused.Select(queue => $"{queue.Queue} {queue.Messages} {queue.Reason}").DefaultIfEmpty("None."));
                return ExitCode.Done;
            }
            catch (Exception exception) when (exception is BrokerUnreachableException or OperationInterruptedException or IOException)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"The broker cannot be asked: {exception.GetType().Name}. See Relay:Bus and the broker's log.");
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static Option<string?> ConsumerOption(string description) => new("--consumer") { Description = description, HelpName = "NAME" };

    private static string Line(DeadMessage row) =>
        $"{row.MessageId} {row.Consumer} {row.Type} {row.Organisation} {row.Attempts} attempts, {Age(row.AgeUs)} ago "
        + $"({RowClock.FromUnixMicroseconds(row.DeadUs):O}), {row.Fault ?? "no fault noted"}";

    private static string Age(long microseconds) => TimeSpan.FromMicroseconds(microseconds) switch
    {
        { TotalDays: >= 2 } age => $"{(long)age.TotalDays} d",
        { TotalHours: >= 2 } age => $"{(long)age.TotalHours} h",
        { TotalMinutes: >= 2 } age => $"{(long)age.TotalMinutes} min",
        var age => $"{(long)age.TotalSeconds} s",
    };
}
