using System.CommandLine;
using System.Text.Json;

namespace OpenOva.Relay.Cli;

/// <summary><c>--json</c>: one JSON document on standard output instead of lines for people.</summary>
internal sealed class JsonOutput
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document." };

    public void AddTo(Command command) => command.Options.Add(_json);

    public async Task WriteAsync(ParseResult parsed, object document, IEnumerable<string> lines)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(document, JsonSerializerOptions.Web));
            return;
        }

        foreach (var line in lines) await output.WriteLineAsync(line);
    }
}
