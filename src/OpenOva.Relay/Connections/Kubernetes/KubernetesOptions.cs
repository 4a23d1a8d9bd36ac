namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>Configuration <c>Relay:Connections:Kubernetes</c>: declarations are watched at a Kubernetes API instead of read from a folder.</summary>
internal sealed class KubernetesOptions
{
    public const string InCluster = "in-cluster";
    public const string AccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>
    /// <c>https://HOST:PORT</c>, or <c>in-cluster</c>: that of the cluster that Relay runs in, from KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. Empty: declarations come
    /// from <c>Relay:Connections:Folder</c>.
    /// </summary>
    public string ApiServer { get; set; } = "";

    /// <summary>The one namespace that is watched. Empty: the pod's own.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>The bearer token; read anew for each request, since it is rotated.</summary>
    public string TokenFile { get; set; } = $"{AccountFolder}/token";

    /// <summary>PEM: the authorities that the API server's certificate must be of. No other is trusted.</summary>
    public string CaFile { get; set; } = $"{AccountFolder}/ca.crt";

    /// <summary>Pause before the API server is asked again; doubled with each failure in a row. Default 1 second.</summary>
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause. Default 30 seconds.</summary>
    public TimeSpan RetryCeiling { get; set; } = TimeSpan.FromSeconds(30);

    public bool IsConfigured => ApiServer.Length > 0;

    /// <summary><see cref="ApiServer"/>, with what stands for the cluster's own resolved.</summary>
    internal string Server { get; private set; } = "";

    /// <summary>Resolves what the environment of a pod says.</summary>
    public void Resolve(IConfiguration environment)
    {
        Server = ApiServer;
        if (ApiServer == InCluster && environment["KUBERNETES_SERVICE_HOST"] is { Length: > 0 } host)
            Server = $"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{environment["KUBERNETES_SERVICE_PORT"] ?? "443"}";
        var file = Path.Combine(AccountFolder, "namespace");
        if (IsConfigured && Namespace.Length == 0 && File.Exists(file))
            Namespace = File.ReadAllText(file).Trim();
    }
}
