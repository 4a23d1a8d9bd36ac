using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>
/// The part of OpenSearch that <c>_bulk</c> shows: documents by index and id, <c>create</c> refused with 409 where one is, an outcome for each item, and
/// whatever error a test has planned for an id or for the next request.
/// </summary>
internal sealed class FakeOpenSearch : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly Lock _gate = new();

    private FakeOpenSearch(WebApplication server) => _server = server;

    public string Url => _server.Urls.First();

    public Dictionary<(string Index, string Id), JsonElement> Documents { get; } = [];

    /// <summary>In the order in which they were created.</summary>
    public List<string> Created { get; } = [];

    /// <summary>By id, the outcomes of the next attempts: (429, "…"), (400, "…").</summary>
    public Dictionary<string, Queue<(int Status, string Type)>> Planned { get; } = [];

    /// <summary>For the next requests: a status without a look at their items; 0 breaks the connection after the items were taken.</summary>
    public Queue<int> PlannedRequests { get; } = new();

    public List<string> Authorizations { get; } = [];

    public int Repeats { get; private set; }

    public static async Task<FakeOpenSearch> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var server = builder.Build();
        var search = new FakeOpenSearch(server);
        server.Run(search.AnswerAsync);
        await server.StartAsync();
        return search;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string answer;
        int planned;
        lock (_gate)
        {
            Authorizations.Add(context.Request.Headers.Authorization.ToString());
            planned = PlannedRequests.TryDequeue(out var next) ? next : 200;
            if (planned >= 400 || context.Request is not { Method: "POST", Path.Value: "/_bulk", ContentType: "application/x-ndjson" })
            {
                context.Response.StatusCode = planned >= 400 ? planned : 404;
                return;
            }

            answer = $"{{\"took\":1,\"errors\":true,\"items\":[{string.Join(',', lines.Chunk(2).Select(pair => Take(pair[0], pair[1])))}]}}";
        }

        if (planned == 0) context.Abort();
        else await context.Response.WriteAsync(answer);
    }

    private string Take(string action, string document)
    {
        var create = JsonDocument.Parse(action).RootElement.GetProperty("create");
        var (index, id) = (create.GetProperty("_index").GetString()!, create.GetProperty("_id").GetString()!);
        if (Planned.TryGetValue(id, out var outcomes) && outcomes.TryDequeue(out var error))
            return $"{{\"create\":{{\"_id\":\"{id}\",\"status\":{error.Status},\"error\":{{\"type\":\"{error.Type}\",\"reason\":\"quotes a secret\"}}}}}}";
        if (!Documents.TryAdd((index, id), JsonDocument.Parse(document).RootElement))
        {
            Repeats++;
            return $"{{\"create\":{{\"_id\":\"{id}\",\"status\":409,\"error\":{{\"type\":\"version_conflict_engine_exception\"}}}}}}";
        }

        Created.Add(id);
        return $"{{\"create\":{{\"_id\":\"{id}\",\"status\":201}}}}";
    }
}
