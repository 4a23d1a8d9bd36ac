using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>One page of a list.</summary>
/// <param name="ResourceVersion">Where a watch goes on from; the same on every page.</param>
/// <param name="Continue">Asks for the next page; null with the last.</param>
internal sealed record KubernetesPage(IReadOnlyList<JsonElement> Items, string ResourceVersion, string? Continue);

/// <summary>
/// As much of a Kubernetes API as Relay needs, of one namespace and the group of its own resources: list, watch, and patch a status
/// (https://kubernetes.io/docs/reference/using-api/api-concepts/).
/// </summary>
internal sealed class KubernetesApi(KubernetesOptions options) : IDisposable
{
    public const int PageSize = 250;

    /// <summary>Of one event of a watch. etcd takes objects up to 1.5 MiB.</summary>
    public const int MaximumLineBytes = 4 * 1024 * 1024;
    private const int MaximumPageBytes = 128 * 1024 * 1024;
    private const int MaximumAnswerBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly KubernetesTrust _trust = new(options);

    public async Task<KubernetesPage> ListAsync(string plural, string? from, CancellationToken cancellation)
    {
        var query = from is null ? "" : $"&continue={Uri.EscapeDataString(from)}";
        var answer = await AskAsync(HttpMethod.Get, $"{plural}?limit={PageSize}{query}", null, MaximumPageBytes, cancellation);
        try
        {
            var metadata = answer.GetProperty("metadata");
            var next = metadata.TryGetProperty("continue", out var token) ? token.GetString() : null;
            return new KubernetesPage(
                [.. answer.GetProperty("items").EnumerateArray()], metadata.GetProperty("resourceVersion").GetString()!, string.IsNullOrEmpty(next) ? null : next);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new KubernetesApiException("a list is not what it must be", null, e);
        }
    }

    /// <summary>The events after <paramref name="resourceVersion"/>, as they come, until the server ends the watch.</summary>
    /// <param name="plural">Of which resources.</param>
    /// <param name="resourceVersion">Where the list or the watch before ended.</param>
    /// <param name="duration">For how long the server is asked to keep it up; it is given up a little later.</param>
    /// <param name="opened">Called when the server has taken the watch.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<JsonElement> WatchAsync(
        string plural, string resourceVersion, TimeSpan duration, Action opened, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(duration + AnswerTimeout);
        var path = $"{plural}?watch=true&allowWatchBookmarks=true&timeoutSeconds={(int)duration.TotalSeconds}&resourceVersion={Uri.EscapeDataString(resourceVersion)}";
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellation);
        opened();
        await using var stream = await response.Content.ReadAsStreamAsync(bounded.Token);
        await using var lines = KubernetesLines.ReadAsync(stream, MaximumLineBytes, bounded.Token).GetAsyncEnumerator(bounded.Token);
        while (true)
        {
            JsonElement happened;
            try
            {
                if (!await lines.MoveNextAsync())
                    yield break;
                happened = JsonElement.Parse(lines.Current);
            }
            catch (Exception e) when (e is IOException or JsonException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                throw new KubernetesApiException("a watch broke off", null, e);
            }
            yield return happened;
        }
    }

    /// <summary>Merges <paramref name="patch"/> into a resource's status (RFC 7386).</summary>
    public Task PatchStatusAsync(string plural, string name, JsonObject patch, CancellationToken cancellation) => AskAsync(
        HttpMethod.Patch, $"{plural}/{Uri.EscapeDataString(name)}/status",
        () => new StringContent(patch.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/merge-patch+json")), MaximumAnswerBytes, cancellation);

    public void Dispose() => _trust.Dispose();

    private async Task<JsonElement> AskAsync(HttpMethod method, string path, Func<HttpContent>? content, int maximumBytes, CancellationToken cancellation)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(AnswerTimeout);
        try
        {
            using var response = await SendAsync(method, path, content, bounded.Token);
            using var body = new MemoryStream();
            await using var stream = await response.Content.ReadAsStreamAsync(bounded.Token);
            var buffer = new byte[64 * 1024];
            while (await stream.ReadAsync(buffer, bounded.Token) is > 0 and var read)
            {
                if (body.Length + read > maximumBytes)
                    throw new KubernetesApiException($"an answer is longer than {maximumBytes} bytes");
                body.Write(buffer, 0, read);
            }
            return JsonElement.Parse(body.GetBuffer().AsSpan(0, (int)body.Length));
        }
        catch (Exception e) when (e is IOException or JsonException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new KubernetesApiException("the answer broke off", null, e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(
                method, $"{options.Server.TrimEnd('/')}/apis/{ResourceReader.ApiVersion}/namespaces/{Uri.EscapeDataString(options.Namespace)}/{path}")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
                Content = content?.Invoke(),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(options.TokenFile, cancellation)).Trim());
            using var headers = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            headers.CancelAfter(AnswerTimeout);
            var response = await _trust.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, headers.Token);
            if (response.IsSuccessStatusCode)
                return response;
            var status = response.StatusCode;
            response.Dispose();
            throw new KubernetesApiException($"the API server answered {(int)status} {status}{Hint(status)}", status);
        }
        catch (HttpRequestException e)
        {
            throw new KubernetesApiException(
                e.InnerException is AuthenticationException ? "the API server's certificate is of no authority in CaFile" : "the API server cannot be reached", null, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new KubernetesApiException("the token or the authorities cannot be read", null, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new KubernetesApiException("the API server did not answer in time", null, e);
        }
    }

    private static string Hint(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ": the token does not count",
        HttpStatusCode.Forbidden => ": the service account lacks a right, see deploy/kustomize/rbac",
        HttpStatusCode.NotFound => ": are the CRDs installed, and is the namespace right?",
        _ => "",
    };
}
