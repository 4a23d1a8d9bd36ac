using Microsoft.Extensions.Options;

namespace OpenOva.Relay.Connections;

/// <summary>Configuration <c>Relay:Connections</c>.</summary>
internal sealed class ConnectionsOptions
{
    public const string Section = "Relay:Connections";

    /// <summary>The folder of <c>*.yaml</c> and <c>*.yml</c> files; a mounted ConfigMap is one. Not searched deeper.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Organisation of connections without the label <c>catalyst.openova.io/organization</c>. Empty: the label is required.</summary>
    public string DefaultOrganisation { get; set; } = "";

    /// <summary>
    /// Folders that a <c>secretRef</c> file may stand in; a relative one stands in the first. Without this list a declaration could have
    /// any file of the process sent to a host of its choice as a password.
    /// </summary>
    public IList<string> SecretFolders { get; init; } = [];

    /// <summary>Names of environment variables that a <c>secretRef</c> may read begin with this, for the same reason.</summary>
    public string SecretEnvPrefix { get; set; } = "RELAY_SECRET_";

    /// <summary>Bucket of recordings where a connection names none.</summary>
    public string DefaultBucket { get; set; } = "guacamole-recordings";

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

/// <summary>Gathers every fault of <c>Relay:Connections</c>, each with the key to set.</summary>
internal sealed class ValidateConnectionsOptions : IValidateOptions<ConnectionsOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectionsOptions options)
    {
        List<string> faults = [];
        if (options.Folder.Length == 0)
            faults.Add("Relay:Connections:Folder must name the folder of GuacamoleConnection files.");
        if (options.DefaultOrganisation.Length > 0 && !ResourceNames.IsLabel(options.DefaultOrganisation))
            faults.Add("Relay:Connections:DefaultOrganisation must be a DNS label (a-z, 0-9, hyphen; at most 63 characters).");
        for (var i = 0; i < options.SecretFolders.Count; i++)
        {
            if (!Path.IsPathFullyQualified(options.SecretFolders[i]))
                faults.Add($"Relay:Connections:SecretFolders:{i} must be an absolute path.");
        }
        if (options.SecretEnvPrefix.Length == 0)
            faults.Add("Relay:Connections:SecretEnvPrefix must not be empty: it keeps declarations from reading the process's other variables.");
        if (!ResourceNames.IsBucket(options.DefaultBucket))
            faults.Add("Relay:Connections:DefaultBucket must be a bucket name.");
        if (options.DefaultRetentionDays is < 0 or > 36_500)
            faults.Add("Relay:Connections:DefaultRetentionDays must be from 0 to 36500.");
        if (options.RescanInterval < TimeSpan.FromSeconds(1))
            faults.Add("Relay:Connections:RescanInterval must be at least 1 second.");
        if (options.Debounce < TimeSpan.Zero || options.Debounce > TimeSpan.FromSeconds(10))
            faults.Add("Relay:Connections:Debounce must be from 0 to 10 seconds.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
