using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpenOva.Relay.GatewayClient;

/// <summary>What a verb says: its result on standard output, for people or with <c>--json</c> as one document; progress on standard error.</summary>
internal sealed class Answer
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result, or the error, as one JSON document." };
    private readonly long _began = TimeProvider.System.GetTimestamp();

    public void AddTo(Command command) => command.Options.Add(_json);

    public void Write(ParseResult parsed, object document, params ReadOnlySpan<string> lines)
    {
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(document, Options));
            return;
        }

        foreach (var line in lines) Console.Out.WriteLine(line);
    }

    public void WriteFailure(ParseResult parsed, CallFailure failure) =>
        Console.Error.WriteLine(parsed.GetValue(_json)
            ? JsonSerializer.Serialize(new { error = new { failure.Code, failure.Reason, failure.Message, failure.Details } }, Options)
            : $"error: {failure}");

    public void Progress(string text) => Console.Error.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"  {TimeProvider.System.GetElapsedTime(_began).TotalSeconds,5:0.0} s  {text}"));
}
