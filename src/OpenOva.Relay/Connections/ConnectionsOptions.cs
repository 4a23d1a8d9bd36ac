using OpenOva.Relay.Configuration;
using OpenOva.Relay.Connections.Kubernetes;

namespace OpenOva.Relay.Connections;

/// <summary>Configuration <c>Relay:Connections</c>.</summary>
internal sealed class ConnectionsOptions
{
    public const string Section = "Relay:Connections";

    /// <summary>
    /// The folder of <c>*.yaml</c> and <c>*.yml</c> files; a mounted ConfigMap is one. Not searched deeper. Either this or <see cref="Kubernetes"/>.
    /// </summary>
    public string Folder { get; set; } = "";

    /// <summary>Where declarations are watched, if not in a folder.</summary>
    public KubernetesOptions Kubernetes { get; init; } = new();

    /// <summary>Organisation of connections without the label <c>catalyst.openova.io/organization</c>. Empty: the label is required.</summary>
    public string DefaultOrganisation { get; set; } = "";

    /// <summary>
    /// Folders that a <c>secretRef</c> file may stand in; a relative one stands in the first. Without this list a declaration could have
    /// any file of the process sent to a host of its choice as a password.
    /// </summary>
    public IList<string> SecretFolders { get; init; } = [];

    /// <summary>Names of environment variables that a <c>secretRef</c> may read begin with this, for the same reason.</summary>
    public string SecretEnvPrefix { get; set; } = "RELAY_SECRET_";

    /// <summary>
    /// The buckets that a connection may name, which are those the object store is configured with; the first is that of a connection that names none.
    /// </summary>
    internal IReadOnlyList<string> RecordingBuckets { get; set; } = ["guacamole-recordings"];

    /// <summary>
    /// Days that a recording is locked for where a connection names none. 0 to 36,500. Default 0: each recorded connection must say, because
    /// no regulation gives one number.
    /// </summary>
    public int DefaultRetentionDays { get; set; }

    /// <summary>How often the folder is read again although nothing was reported: file events get lost on some mounts. At least 1 second.</summary>
    public TimeSpan RescanInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Quiet time after a file event before the folder is read. At most 10 seconds.</summary>
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(250);

    public IReadOnlyList<string> EffectiveSecretFolders => SecretFolders.Count > 0 ? [.. SecretFolders] : ["/run/secrets"];
}

internal sealed class ConnectionsRules() : OptionsRules<ConnectionsOptions>(ConnectionsOptions.Section)
{
    protected override void Check(ConnectionsOptions options)
    {
        if (options.Folder.Length == 0 && !options.Kubernetes.IsConfigured)
            Fail("Folder", "must name the folder of GuacamoleConnection files, or Kubernetes:ApiServer the API server that has them");
        if (options.Folder.Length > 0 && options.Kubernetes.IsConfigured)
            Fail("Folder", "must be empty where Kubernetes:ApiServer is set: declarations come from one place");
        if (options.Kubernetes.IsConfigured)
            CheckKubernetes(options.Kubernetes);
        if (options.DefaultOrganisation.Length > 0 && !ResourceNames.IsLabel(options.DefaultOrganisation))
            Fail("DefaultOrganisation", "must be a DNS label (a-z, 0-9, hyphen; at most 63 characters)");
        for (var i = 0; i < options.SecretFolders.Count; i++)
        {
            if (!Path.IsPathFullyQualified(options.SecretFolders[i]))
                Fail($"SecretFolders:{i}", "must be an absolute path");
        }
        if (options.SecretEnvPrefix.Length == 0)
            Fail("SecretEnvPrefix", "must not be empty: it keeps declarations from reading the process's other variables");
        Range("DefaultRetentionDays", options.DefaultRetentionDays, 0, 36_500);
        if (options.RescanInterval < TimeSpan.FromSeconds(1))
            Fail("RescanInterval", "must be at least 1 second");
        if (options.Debounce < TimeSpan.Zero || options.Debounce > TimeSpan.FromSeconds(10))
            Fail("Debounce", "must be from 0 to 10 seconds");
    }
    private void CheckKubernetes(KubernetesOptions kubernetes)
    {
        if (kubernetes.Server == KubernetesOptions.InCluster)
            Fail("Kubernetes:ApiServer", "is in-cluster, but KUBERNETES_SERVICE_HOST is not set");
        else if (!Uri.TryCreate(kubernetes.Server, UriKind.Absolute, out var server) || server is not { Scheme: "https", PathAndQuery: "/", UserInfo: "" })
            Fail("Kubernetes:ApiServer", "must be https://HOST:PORT, or in-cluster");
        if (!ResourceNames.IsLabel(kubernetes.Namespace))
            Fail("Kubernetes:Namespace", "must name a namespace: there is no pod whose own it could be");
        Required("Kubernetes:TokenFile", kubernetes.TokenFile);
        Required("Kubernetes:CaFile", kubernetes.CaFile);
        Positive("Kubernetes:RetryPause", kubernetes.RetryPause);
        if (kubernetes.RetryCeiling < kubernetes.RetryPause || kubernetes.RetryCeiling > TimeSpan.FromMinutes(10))
            Fail("Kubernetes:RetryCeiling", "must be from RetryPause to 10 minutes");
    }

    private void Required(string key, string file)
    {
        if (file.Length == 0)
            Fail(key, "must name a readable file");
        FileReadable(key, file);
    }
}
