using System.CommandLine;
using Grpc.Core;

namespace OpenOva.Relay.GatewayClient;

/// <summary>The command line. A verb is a file in this folder and one line here.</summary>
internal static class GatewayCommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            """
            A relay gateway's backend as a program: signs a person in, opens and carries a session, and reads evidence, all through Relay's gRPC.

            Exit codes: 0 done; 1 refused or ended badly, the reason is printed; 2 wrong usage; 3 nobody answers, or not in time.
            """);
        root.Subcommands.Add(SignInVerb.Create());
        root.Subcommands.Add(OpenVerb.Create());
        root.Subcommands.Add(WaitVerb.Create());
        root.Subcommands.Add(RecordingVerb.Create());
        root.Subcommands.Add(CheckpointVerb.Create());
        root.Subcommands.Add(ReportVerb.Create());
        var parsed = root.Parse(args);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
    }

    /// <summary>Makes a verb: its options, the common ones, and one place where failures become messages and exit codes.</summary>
    public static Command Verb(
        string name, string description, IEnumerable<Option> options, Func<RelayApi, ParseResult, Answer, CancellationToken, Task<int>> act)
    {
        var command = new Command(name, description);
        foreach (var option in options) command.Options.Add(option);
        var relay = new RelayArguments();
        var answer = new Answer();
        relay.AddTo(command);
        answer.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                using var api = relay.Connect(parsed);
                return await act(api, parsed, answer, cancellation);
            }
            catch (Exception exception) when (FailureOf(exception, cancellation) is { } failure)
            {
                answer.WriteFailure(parsed, failure);
                return failure.ExitCode;
            }
        });
        return command;
    }

    private static CallFailure? FailureOf(Exception exception, CancellationToken cancellation) => exception switch
    {
        CallFailedException failed => failed.Failure,
        _ when cancellation.IsCancellationRequested => CallFailure.Of(nameof(StatusCode.Cancelled), "Interrupted."),
        RpcException call => CallFailure.Of(call),
        HttpRequestException => CallFailure.Of(nameof(StatusCode.Unavailable), $"The issuer does not answer: {exception.Message}"),
        TaskCanceledException => CallFailure.Of(nameof(StatusCode.DeadlineExceeded), "The issuer does not answer in time."),
        TimeoutException => CallFailure.Of(nameof(StatusCode.DeadlineExceeded), exception.Message),
        IOException or UnauthorizedAccessException => CallFailure.Of("File", exception.Message),
        _ => null,
    };
}
