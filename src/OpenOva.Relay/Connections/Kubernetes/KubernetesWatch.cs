using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>
/// Holds the objects of one kind as the API server shows them: a list first, then what happens after it. A list replaces everything at once. While the API server is
/// away, what is known stays known.
/// </summary>
internal sealed class KubernetesWatch(
    KubernetesApi api, DeclaredKind kind, ConnectionsOptions options, ResourceHealth health, TimeProvider time, ILogger log)
{
    private const int MaximumObjects = 10_000;

    // The server ends each watch after a while; not all replicas' at the same moment.
    private const int LeastSeconds = 240;
    private const int MostSeconds = 300;

    private volatile ImmutableSortedDictionary<string, DeclaredObject>? _objects;

    /// <summary>By name; null until the first list is whole.</summary>
    public ImmutableSortedDictionary<string, DeclaredObject>? Objects => _objects;

    /// <summary>Lists and watches until it is cancelled; <paramref name="changed"/> is called after each change of <see cref="Objects"/>.</summary>
    public async Task RunAsync(Action changed, CancellationToken cancellation)
    {
        string? version = null;
        var failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            var (answered, heard) = (false, false);
            void Heard() => heard = true;
            void Answered()
            {
                answered = true;
                Answers();
            }
            try
            {
                version ??= await ListAsync(changed, Heard, cancellation);
                await foreach (var happened in api.WatchAsync(kind.Plural, version, Duration(), Answered, cancellation))
                {
                    Heard();
                    version = Take(happened, changed);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesApiException e) when (e.IsExpired)
            {
                ConnectionsLog.KubernetesExpired(log, kind.Plural);
                version = null;
            }
            catch (Exception e)
            {
                // A watch that breaks off goes on from where it was; what cannot be read at all is listed anew.
                if (e is not KubernetesApiException)
                    version = null;
                if (!answered && health.Note(kind.Plural, answers: false))
                    ConnectionsLog.KubernetesAway(log, e, kind.Plural);
            }
            failures = heard ? 0 : failures + 1;
            await Task.Delay(Pause(failures), time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string> ListAsync(Action changed, Action heard, CancellationToken cancellation)
    {
        var before = _objects;
        var objects = ImmutableSortedDictionary.CreateBuilder<string, DeclaredObject>(StringComparer.Ordinal);
        KubernetesPage? page = null;
        do
        {
            page = await api.ListAsync(kind.Plural, page?.Continue, cancellation);
            foreach (var item in page.Items)
            {
                var shown = DeclaredObject.Of(kind, item, before?.GetValueOrDefault(DeclaredObject.NameOf(item)), options);
                objects[shown.Name] = shown;
            }
            if (objects.Count > MaximumObjects)
                throw new KubernetesApiException($"there are more than {MaximumObjects} {kind.Plural}");
        }
        while (page.Continue is not null);
        heard();
        _objects = objects.ToImmutable();
        changed();
        return page.ResourceVersion;
    }

    /// <summary>Takes one event of a watch and returns the version to go on from.</summary>
    /// <exception cref="KubernetesApiException">The server says that it cannot go on, or what it says cannot be read.</exception>
    private string Take(JsonElement happened, Action changed)
    {
        var type = happened.GetProperty("type").GetString();
        var shown = happened.GetProperty("object");
        if (type == "ERROR")
        {
            var code = shown.TryGetProperty("code", out var said) && said.TryGetInt32(out var number) ? (HttpStatusCode)number : HttpStatusCode.InternalServerError;
            throw code == HttpStatusCode.Gone ? new KubernetesApiException("the version is too old", code)
                : new InvalidOperationException($"The watch of {kind.Plural} ended with error {(int)code}.");
        }

        var version = shown.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
        var objects = _objects!;
        switch (type)
        {
            case "ADDED" or "MODIFIED":
                var now = DeclaredObject.Of(kind, shown, objects.GetValueOrDefault(DeclaredObject.NameOf(shown)), options);
                _objects = objects.SetItem(now.Name, now);
                changed();
                break;
            case "DELETED":
                _objects = objects.Remove(DeclaredObject.NameOf(shown));
                changed();
                break;
            default:
                // A bookmark: nothing happened up to this version.
                break;
        }
        return version;
    }

    private void Answers()
    {
        if (health.Note(kind.Plural, answers: true))
            ConnectionsLog.KubernetesBack(log, kind.Plural);
    }

    private TimeSpan Pause(int failures)
    {
        var kubernetes = options.Kubernetes;
        var pause = Math.Min(kubernetes.RetryPause.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30)), kubernetes.RetryCeiling.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(pause * (0.75 + (RandomNumberGenerator.GetInt32(501) / 1000.0)));
    }

    private static TimeSpan Duration() => TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(LeastSeconds, MostSeconds));
}
