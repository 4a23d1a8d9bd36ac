using System.CommandLine;
using Grpc.Net.Client;

namespace OpenOva.Relay.GatewayClient;

/// <summary>The options of every verb: where Relay and the issuer are, and who calls. Secrets come from files, never from the command line.</summary>
internal sealed class RelayArguments
{
    private readonly Option<Uri> _relay = Address("--relay", "Relay's gRPC address, such as http://127.0.0.1:8081.");
    private readonly Option<Uri> _issuer = Address("--issuer", "The realm, such as https://sso.example/realms/acme.");

    private readonly Option<string> _client = new("--client")
    {
        Description = "The gateway's client id.", HelpName = "ID", DefaultValueFactory = _ => "relay-gateway",
    };

    private readonly Option<FileInfo> _secret = new("--client-secret-file") { Description = "The client's secret.", HelpName = "FILE", Required = true };
    private readonly Option<string> _user = new("--user") { Description = "The person's user name.", HelpName = "NAME", Required = true };
    private readonly Option<FileInfo> _password = new("--password-file") { Description = "The person's password.", HelpName = "FILE", Required = true };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _relay, _issuer, _client, _secret, _user, _password }) command.Options.Add(option);
    }

    public RelayApi Connect(ParseResult parsed)
    {
        var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        var signIn = new SignIn(http, parsed.GetValue(_issuer)!.AbsoluteUri.TrimEnd('/'), parsed.GetValue(_client)!, Read(parsed.GetValue(_secret)!), TimeProvider.System);
        return new RelayApi(GrpcChannel.ForAddress(parsed.GetValue(_relay)!), http, signIn, parsed.GetValue(_user)!, Read(parsed.GetValue(_password)!));
    }

    private static Option<Uri> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        Required = true,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)) return address;
            result.AddError($"{name} must be an http or https address.");
            return null;
        },
    };

    private static string Read(FileInfo file) => File.ReadAllText(file.FullName).TrimEnd('\n', '\r');
}
