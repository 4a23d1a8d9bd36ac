using System.CommandLine;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay store check|init</c></summary>
internal static class StoreVerb
{
    public static Command Create() => new("store", "Look at and set up the object store.") { Check(), Init() };

    private static Command Check()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var command = new Command(
            "check",
            "Try what the store enforces, with small objects under probes/ in every bucket. Exit code 0 when all that is required holds, 1 when something does not, 2 when the store cannot be reached.");
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            try
            {
                var report = await application.Services.GetRequiredService<IStoreCheck>().RunAsync(cancellation);
                await json.WriteAsync(
                    parsed, new { report.Store, report.TimeUs, report.Sufficient, report.Capabilities, report.Findings },
                    [.. report.Findings.Select(finding => finding.ToString()), report.Sufficient ? "Everything required holds." : "Something that is required does not hold."]);
                return report.Sufficient ? ExitCode.Done : ExitCode.Failed;
            }
            catch (ObjectStoreException unreachable)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(unreachable.Message);
                return ExitCode.Usage;
            }
        });
        return command;
    }

    private static Command Init()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var access = File("--access-key-file", "File with the access key of an administrator of the store.");
        var secret = File("--secret-key-file", "File with the secret key that belongs to it.");
        var names = Enum.GetValues<S3Duty>().ToDictionary(duty => duty, NameOf);
        var format = new Option<string>("--principal")
        {
            Description = "How a bucket policy names them; NAME stands for the name.", HelpName = "FORMAT", DefaultValueFactory = _ => S3Principals.Default.Format,
        };
        var noPolicy = new Option<bool>("--no-policy") { Description = "Leave bucket policies alone, where the store grants rights by other means." };
        var command = new Command(
            "init",
            "Create the buckets that are missing, with versions and object lock and no default retention, and give each identity its duty. Run again, it changes nothing that is right.");
        arguments.AddTo(command);
        json.AddTo(command);
        foreach (var option in names.Values.Prepend<Option>(secret).Prepend(access).Append(format).Append(noPolicy)) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var options = application.Services.GetRequiredService<ObjectStorageOptions>();
            if (!options.S3.IsConfigured) throw new RelayConfigurationException([$"{S3Options.Section}:{nameof(S3Options.Endpoint)} must be set: a directory needs no setting up."]);
            var files = new S3IdentityOptions { AccessKeyFile = parsed.GetValue(access)!.FullName, SecretKeyFile = parsed.GetValue(secret)!.FullName };
            var principals = new S3Principals(
                parsed.GetValue(names[S3Duty.Writer])!, parsed.GetValue(names[S3Duty.Retention])!, parsed.GetValue(names[S3Duty.Hold])!,
                parsed.GetValue(names[S3Duty.Bypass])!, parsed.GetValue(format)!);
            var time = application.Services.GetRequiredService<TimeProvider>();
            using var connection = new S3Connection(options.S3, time);
            var administrator = new S3Credentials("administrator", files, time);
            var steps = await new S3BucketSetup(connection, administrator).RunAsync(options.Buckets, parsed.GetValue(noPolicy) ? null : principals, cancellation);
            await json.WriteAsync(parsed, new { steps }, steps.Select(step => $"{step.Bucket} {step.Step}: {step.Done}{(step.Failed ? " (FAILED)" : "")}"));
            return steps.Any(step => step.Failed) ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static Option<FileInfo> File(string name, string description) => new(name) { Description = description, HelpName = "FILE", Required = true };

    private static Option<string> NameOf(S3Duty duty)
    {
        var name = duty.ToString().ToLowerInvariant();
        return new($"--{name}") { Description = $"The store's name of the {name} identity.", HelpName = "NAME", DefaultValueFactory = _ => $"relay-{name}" };
    }
}
