using System.CommandLine;
using OpenOva.Relay.Access;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay decisions replay</c></summary>
internal static class DecisionsVerb
{
    public static Command Create() => new("decisions", "Look at what was decided on access.") { Replay() };

    private static Command Replay()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var organisation = new Option<string>("--organisation") { Description = "Whose ledger.", HelpName = "NAME", Required = true };
        var command = new Command("replay", "Decide every recorded decision again, by its own record and the policies of its time; exit code 1 where one comes out otherwise.") { organisation };
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var found = await application.Services.GetRequiredService<DecisionReplay>().RunAsync(parsed.GetValue(organisation)!, cancellation);
            await json.WriteAsync(parsed, found, found.Otherwise.Select(Line).Append($"{found.Agreed} of {found.Decisions} decisions come out as recorded."));
            return found.Agreed == found.Decisions ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static string Line(ReplayedOtherwise found) => $"leaf {found.Sequence}: decision {found.Decision} was {found.Recorded}, and is {found.Replayed}";
}
