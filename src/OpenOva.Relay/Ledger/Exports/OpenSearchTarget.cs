using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>
/// The <c>_bulk</c> call. Each record's id is its organisation and number, and it is only ever created: what is there already is not changed by a repeat,
/// whatever this side sends, and a repeat is answered by 409, which counts as arrived. The credentials need no right to update or delete.
/// <code>
/// {"create":{"_index":"relay-acme-2026.11","_id":"acme-17"}}
/// {"@timestamp":"2026-11-22T14:30:08.123Z","kind":"event","hash":"…","event":{the leaf}}
/// </code>
/// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
/// </summary>
internal sealed class OpenSearchTarget(ExportOptions options) : IExportTarget
{
    private const int MostAnswerBytes = 16 << 20;
    private static readonly MediaTypeHeaderValue Ndjson = new("application/x-ndjson");
    private readonly Uri _bulk = new(options.Url.TrimEnd('/') + "/_bulk?filter_path=items.*.status,items.*.error.type");
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        SslOptions = TrustedAuthorities.Client(options.CaFile),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // follows the name to other addresses
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public TimeSpan ConfirmAfter => TimeSpan.Zero;

    public long Connection => 0;

    public async Task<ExportOutcome> SendAsync(IReadOnlyList<ExportRecord> records, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _bulk) { Content = Content(records) };
        request.Headers.Authorization = await AuthorizationAsync(cancellation);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!response.IsSuccessStatusCode) return new(0, $"HTTP {(int)response.StatusCode}");
        await response.Content.LoadIntoBufferAsync(MostAnswerBytes, cancellation);
        return Read(await response.Content.ReadAsByteArrayAsync(cancellation), records.Count);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One index a month and organisation, so that each can be kept and dropped by itself.</summary>
    public static string Index(ExportRecord record) =>
        string.Create(CultureInfo.InvariantCulture, $"relay-{record.Organisation}-{RowClock.FromUnixMicroseconds(record.TimeUs):yyyy.MM}");

    /// <summary>A number of its own kind: the head of n leaves is not leaf n.</summary>
    public static string Id(ExportRecord record) =>
        string.Create(CultureInfo.InvariantCulture, $"{record.Organisation}-{(record.IsHead ? "head-" : "")}{record.Sequence}");

    /// <summary>How far the answer says that the records went: up to the first that did not.</summary>
    public static ExportOutcome Read(ReadOnlyMemory<byte> answer, int count)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var items = document.RootElement.GetProperty("items");
            if (items.GetArrayLength() != count) return new(0, "the answer is about another number of records than were sent");
            var arrived = 0;
            foreach (var item in items.EnumerateArray())
            {
                var result = item.EnumerateObject().Single().Value;
                var status = result.GetProperty("status").GetInt32();
                if (status is not (>= 200 and < 300 or 409)) return new(arrived, $"status {status}{ErrorType(result)}");
                arrived++;
            }

            return new(arrived, null);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return new(0, "the answer is not that of a _bulk call");
        }
    }

    // The type alone: an error's reason quotes the record.
    private static string ErrorType(JsonElement result) =>
        result.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("type", out var type)
            && type.GetString() is { Length: <= 100 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.')
            ? $" {name}"
            : "";

    private static ByteArrayContent Content(IReadOnlyList<ExportRecord> records)
    {
        using var body = new MemoryStream();
        foreach (var record in records)
        {
            Write($"{{\"create\":{{\"_index\":\"{Index(record)}\",\"_id\":\"{Id(record)}\"}}}}\n");
            var time = RowClock.FromUnixMicroseconds(record.TimeUs).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            Write($$"""{"@timestamp":"{{time}}","kind":"{{(record.IsHead ? "head" : "event")}}","hash":"{{record.Sha256}}",""");

            // A leaf is canonical JSON in one line; a head is base64url and dots.
            Write(record.IsHead ? string.Create(CultureInfo.InvariantCulture, $"\"organisation\":\"{record.Organisation}\",\"size\":{record.Sequence},\"checkpoint\":\"") : "\"event\":");
            body.Write(record.Content.Span);
            Write(record.IsHead ? "\"}\n" : "}\n");
        }

        var content = new ByteArrayContent(body.ToArray());
        content.Headers.ContentType = Ndjson;
        return content;

        void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
    }

    private async Task<AuthenticationHeaderValue?> AuthorizationAsync(CancellationToken cancellation)
    {
        if (options.TokenFile.Length > 0) return new(options.TokenScheme, (await File.ReadAllTextAsync(options.TokenFile, cancellation)).Trim());
        if (options.User.Length == 0) return null;
        var password = (await File.ReadAllTextAsync(options.PasswordFile, cancellation)).Trim();
        return new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{password}")));
    }
}
