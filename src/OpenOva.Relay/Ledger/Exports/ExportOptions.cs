namespace OpenOva.Relay.Ledger.Exports;

/// <summary>What an exporter speaks.</summary>
internal enum ExportKind
{
    None = 0,

    /// <summary>The <c>_bulk</c> call of OpenSearch and what is compatible with it.</summary>
    OpenSearch = 1,

    /// <summary>RFC 5424 messages over TLS (RFC 5425).</summary>
    Syslog = 2,
}

/// <summary>Section <c>Relay:Ledger:Exports:&lt;name&gt;</c>: one place that every organisation's ledger is sent to, leaves and heads.</summary>
internal sealed class ExportOptions
{
    /// <summary><c>opensearch</c> or <c>syslog</c>.</summary>
    public ExportKind Kind { get; set; }

    /// <summary>
    /// OpenSearch: <c>https://host:9200</c>, with a path if a proxy needs one. Syslog: <c>tls://host:6514</c>; <c>tcp://</c> to loopback alone.
    /// </summary>
    public string Url { get; set; } = "";

    /// <summary>Take plain HTTP to a host that is not loopback: only where the path is protected otherwise. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>PEM file with the only roots that may vouch for the other side. Default empty: the system's.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>OpenSearch: user of basic authentication. Default empty: none.</summary>
    public string User { get; set; } = "";

    /// <summary>File with that user's password, read again for each request.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>OpenSearch: file with a token that is sent instead, read again for each request. Default empty: none.</summary>
    public string TokenFile { get; set; } = "";

    /// <summary>Before the token: <c>Bearer</c> or <c>ApiKey</c>. Default <c>Bearer</c>.</summary>
    public string TokenScheme { get; set; } = "Bearer";

    /// <summary>Syslog: PEM file with the certificate that this side shows. Default empty: none.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file with its key.</summary>
    public string CertificateKeyFile { get; set; } = "";

    /// <summary>Syslog: the private enterprise number of the structured data's name. Default 32473, which RFC 5612 sets aside for documentation.</summary>
    public int EnterpriseNumber { get; set; } = 32473;

    /// <summary>
    /// Syslog: after this time on a connection that lives on, messages count as arrived, since nobody acknowledges them; what is younger when a connection
    /// breaks is sent again. Default 30 s; 1 s to 10 min.
    /// </summary>
    public TimeSpan ConfirmAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one batch may take. Default 20 s; 1 to 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest pause between two attempts; pauses double from one second. Default 1 min; 1 s to 1 h.</summary>
    public TimeSpan PauseCeiling { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Failing for this long is an outage, and enters the ledger. Default 5 min; must be positive.</summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Never the address: it may name what others need not know.</summary>
    public override string ToString() => Kind.ToString();
}
