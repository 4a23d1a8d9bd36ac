using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Tests.Connections.Kubernetes;

/// <summary>
/// An API server as far as Relay asks it: lists in pages, watches with bookmarks, a merge into a status under a version, bearer tokens, a certificate of a throwaway
/// authority; and what goes wrong with one: versions forgotten, streams that end or are cut off, no answer at all. The shapes are those of
/// https://kubernetes.io/docs/reference/using-api/api-concepts/.
/// </summary>
internal sealed class TestApiServer : IAsyncDisposable
{
    private const string Group = "/apis/catalyst.openova.io/v1alpha1/namespaces/relay";

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string Plural, string Name), JsonObject> _objects = [];
    private readonly List<(long Version, string Plural, string Line)> _events = [];
    private readonly List<Watcher> _watchers = [];
    private long _version = 100;
    private long _oldest = 100;

    private TestApiServer(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>The one that counts.</summary>
    public string Token { get; set; } = "token-1";

    /// <summary>Objects on a page at most, whatever is asked for.</summary>
    public int PageSize { get; set; } = 500;

    /// <summary>Connections are cut without an answer.</summary>
    public bool IsDown { get; set; }

    /// <summary>A forgotten version is told of as an event instead of as a status.</summary>
    public bool TellsExpiredAsEvent { get; set; }

    /// <summary>Called before each page of a list but the first.</summary>
    public Action? BetweenPages { get; set; }

    /// <summary>By plural, what lists of it are answered with.</summary>
    public ConcurrentDictionary<string, int> Refused { get; } = new();

    /// <summary>What patches are answered with, instead of being taken.</summary>
    public int? PatchesRefused { get; set; }

    /// <summary>Lists and watches with their queries, and patches, in order; also those that were cut.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Watches as they open: <c>plural from version</c>.</summary>
    public Channel<(string Plural, long From)> Opened { get; } = Channel.CreateUnbounded<(string, long)>();

    /// <summary>What was merged into a status: <c>plural/name</c> and the patch.</summary>
    public Channel<(string Name, JsonObject Patch)> Patched { get; } = Channel.CreateUnbounded<(string, JsonObject)>();

    public static async Task<TestApiServer> StartAsync(X509Certificate2 authority)
    {
        var certificate = Issue(authority);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var server = new TestApiServer(app);
        app.Use(server.GuardAsync);
        app.MapGet(Group + "/{plural}", (Delegate)server.ReadAsync);
        app.MapPatch(Group + "/{plural}/{name}/status", (Delegate)server.PatchAsync);
        await app.StartAsync();
        server.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return server;
    }

    public static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test cluster", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    public async ValueTask DisposeAsync()
    {
        EndWatches();
        await _app.DisposeAsync();
    }

    /// <summary>Creates or replaces an object, as kubectl apply does.</summary>
    public void Apply(string plural, string name, JsonObject spec, JsonObject? metadata = null)
    {
        lock (_gate)
        {
            var before = _objects.GetValueOrDefault((plural, name));
            var inner = metadata?.DeepClone().AsObject() ?? [];
            inner["name"] = name;
            inner["namespace"] = "relay";
            inner["generation"] = ((long?)before?["metadata"]!["generation"] ?? 0) + 1;
            inner["managedFields"] = new JsonArray(new JsonObject
            {
                ["manager"] = "kubectl", ["time"] = "2026-03-01T00:00:00Z", ["fieldsV1"] = JsonNode.Parse("""{"f:spec":{"f:a":{"f:b":{"f:c":{"f:d":{"f:e":{"f:f":{"f:g":{}}}}}}}}}"""),
            });
            Store(plural, name, before is null ? "ADDED" : "MODIFIED", new JsonObject
            {
                ["apiVersion"] = "catalyst.openova.io/v1alpha1",
                ["kind"] = plural == "environmentpolicies" ? "EnvironmentPolicy" : "GuacamoleConnection",
                ["metadata"] = inner,
                ["spec"] = spec.DeepClone(),
                ["status"] = before?["status"]?.DeepClone(),
            });
        }
    }

    /// <summary>Adds a condition, as another controller does.</summary>
    public void AddCondition(string plural, string name, JsonObject condition) =>
        Change(plural, name, status => status["conditions"]!.AsArray().Insert(0, condition));

    /// <summary>Dates the condition that Relay wrote.</summary>
    public void SetTransition(string plural, string name, string time) =>
        Change(plural, name, status => status["conditions"]!.AsArray().Single(condition => (string?)condition!["type"] == "Accepted")!["lastTransitionTime"] = time);

    public void Delete(string plural, string name)
    {
        lock (_gate)
        {
            var gone = _objects[(plural, name)];
            _objects.Remove((plural, name));
            Tell(plural, "DELETED", Versioned(gone));
        }
    }

    /// <summary>Tells watches of a kind that nothing happened up to a version, which is returned.</summary>
    public long Bookmark(string plural)
    {
        lock (_gate)
        {
            Tell(plural, "BOOKMARK", Versioned(new JsonObject { ["kind"] = "x", ["apiVersion"] = "catalyst.openova.io/v1alpha1", ["metadata"] = new JsonObject() }));
            return _version;
        }
    }

    /// <summary>Ends each watch, as the server does after a while.</summary>
    public void EndWatches() => Each(watcher => watcher.Lines.Writer.TryComplete());

    /// <summary>Ends each watch in the middle of a line.</summary>
    public void EndWatchesMidLine() => Each(watcher =>
    {
        watcher.Lines.Writer.TryWrite("""{"type":"MODIFIED","object":{"meta""");
        watcher.Lines.Writer.TryComplete();
    });

    /// <summary>Cuts each watch's connection.</summary>
    public void CutWatches() => Each(watcher => watcher.Lines.Writer.TryComplete(new IOException("cut")));

    /// <summary>Forgets what has happened up to now: nobody can watch from there, nor go on with a list.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _events.Clear();
            _oldest = ++_version;
        }
    }

    private static X509Certificate2 Issue(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, authority.NotBefore, authority.NotAfter, [1, 2, 3]);
        return issued.CopyWithPrivateKey(key);
    }

    private static IResult Status(int code) =>
        Results.Json(new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["code"] = code }, statusCode: code);

    private static JsonObject Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) into.Remove(name);
            else into[name] = value is JsonObject inner ? Merge(into[name] as JsonObject ?? [], inner).DeepClone() : value.DeepClone();
        }
        return into;
    }

    private Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        Asked.Enqueue($"{context.Request.Method} {context.Request.Path.Value![Group.Length..]}{context.Request.QueryString}");
        if (IsDown)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        return context.Request.Headers.Authorization == $"Bearer {Token}" ? next(context) : Status(401).ExecuteAsync(context);
    }

    private Task<IResult> ReadAsync(string plural, HttpContext context) =>
        context.Request.Query.ContainsKey("watch") ? WatchAsync(plural, context) : Task.FromResult(List(plural, context.Request.Query));

    private IResult List(string plural, IQueryCollection query)
    {
        if (Refused.TryGetValue(plural, out var code)) return Status(code);
        if (query.ContainsKey("continue")) BetweenPages?.Invoke();
        lock (_gate)
        {
            // version:offset
            var token = query["continue"].ToString().Split(':');
            if (token.Length == 2 && long.Parse(token[0], CultureInfo.InvariantCulture) < _oldest) return Status(410);
            var offset = token.Length == 2 ? int.Parse(token[1], CultureInfo.InvariantCulture) : 0;
            var size = Math.Min(PageSize, int.Parse(query["limit"]!, CultureInfo.InvariantCulture));
            var all = _objects.Where(entry => entry.Key.Plural == plural).Select(entry => entry.Value).ToArray();
            var metadata = new JsonObject { ["resourceVersion"] = $"{_version}" };
            if (offset + size < all.Length) metadata["continue"] = $"{_version}:{offset + size}";
            return Results.Json(new JsonObject { ["metadata"] = metadata, ["items"] = new JsonArray([.. all.Skip(offset).Take(size).Select(item => item.DeepClone())]) });
        }
    }

    private async Task<IResult> WatchAsync(string plural, HttpContext context)
    {
        var from = long.Parse(context.Request.Query["resourceVersion"]!, CultureInfo.InvariantCulture);
        var watcher = new Watcher(plural);
        lock (_gate)
        {
            if (from < _oldest && !TellsExpiredAsEvent) return Status(410);
            if (from < _oldest)
            {
                watcher.Lines.Writer.TryWrite("""{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}""" + "\n");
                watcher.Lines.Writer.TryComplete();
            }
            foreach (var past in _events.Where(past => past.Plural == plural && past.Version > from)) watcher.Lines.Writer.TryWrite(past.Line);
            _watchers.Add(watcher);
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync();
        Opened.Writer.TryWrite((plural, from));
        try
        {
            await foreach (var line in watcher.Lines.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line);
                await context.Response.Body.FlushAsync();
            }
        }
        catch (IOException)
        {
            context.Abort();
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
        finally
        {
            lock (_gate) _watchers.Remove(watcher);
        }
        return Results.Empty;
    }

    private async Task<IResult> PatchAsync(string plural, string name, HttpContext context)
    {
        if (context.Request.ContentType?.Split(';')[0] != "application/merge-patch+json") return Status(415);
        if (PatchesRefused is { } code) return Status(code);
        var patch = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        lock (_gate)
        {
            if (!_objects.TryGetValue((plural, name), out var stored)) return Status(404);
            // A real one takes a patch without a version: here it is an error, so that a condition that gets lost is found.
            if ((string?)patch["metadata"]?["resourceVersion"] is not { } version) return Status(400);
            if (version != (string?)stored["metadata"]!["resourceVersion"]) return Status(409);
            var next = stored.DeepClone().AsObject();
            next["status"] = Merge(next["status"] as JsonObject ?? [], patch["status"]!.AsObject()).DeepClone();
            next["metadata"]!["managedFields"]!.AsArray().Add(new JsonObject { ["manager"] = "relay", ["subresource"] = "status", ["time"] = "2026-03-02T00:00:00Z" });
            Store(plural, name, "MODIFIED", next);
            Patched.Writer.TryWrite(($"{plural}/{name}", patch["status"]!.DeepClone().AsObject()));
            return Results.Json(next);
        }
    }

    private void Change(string plural, string name, Action<JsonObject> change)
    {
        lock (_gate)
        {
            var next = _objects[(plural, name)].DeepClone().AsObject();
            change(next["status"]!.AsObject());
            Store(plural, name, "MODIFIED", next);
        }
    }

    private void Store(string plural, string name, string type, JsonObject value)
    {
        _objects[(plural, name)] = Versioned(value);
        Tell(plural, type, value);
    }

    private JsonObject Versioned(JsonObject value)
    {
        value["metadata"]!["resourceVersion"] = $"{++_version}";
        return value;
    }

    private void Tell(string plural, string type, JsonObject value)
    {
        var line = new JsonObject { ["type"] = type, ["object"] = value.DeepClone() }.ToJsonString() + "\n";
        _events.Add((_version, plural, line));
        foreach (var watcher in _watchers.Where(watcher => watcher.Plural == plural)) watcher.Lines.Writer.TryWrite(line);
    }

    private void Each(Action<Watcher> act)
    {
        lock (_gate) _watchers.ForEach(act);
    }

    private sealed record Watcher(string Plural)
    {
        public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();
    }
}
