using System.Net;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>The API server did not do what was asked, or did not answer. Its message never holds a token or an object.</summary>
internal sealed class KubernetesApiException(string message, HttpStatusCode? status = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Null where there was no answer.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>The version asked from is too old: everything must be listed anew.</summary>
    public bool IsExpired => Status == HttpStatusCode.Gone;
}
