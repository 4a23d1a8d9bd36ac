using System.CommandLine;

namespace OpenOva.Relay.Cli;

/// <summary>The options of every verb that needs the configuration.</summary>
internal sealed class HostArguments
{
    private readonly Option<string[]> _config = new("--config")
    {
        Description = "JSON file in the shape of appsettings.json; may be repeated, a later file wins.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "Directory for everything kept on disk (Relay:Data). Default: relay-data.",
        HelpName = "DIR",
    };

    private readonly Option<string> _environment = new("--environment")
    {
        Description = "Production or Development. Development allows the development issuer on loopback.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Environments.Production,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_data);
        command.Options.Add(_environment);
    }

    public RelayHostSettings Settings(ParseResult parsed) => new()
    {
        ConfigurationFiles = parsed.GetValue(_config) ?? [],
        Data = parsed.GetValue(_data),
        Environment = parsed.GetValue(_environment) ?? Environments.Production,
    };
}
