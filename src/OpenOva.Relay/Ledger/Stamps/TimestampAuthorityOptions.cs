namespace OpenOva.Relay.Ledger.Stamps;

/// <summary>Section <c>Relay:Ledger:TimestampAuthority</c>: who stamps the heads of all organisations' ledgers (RFC 3161).</summary>
internal sealed class TimestampAuthorityOptions
{
    /// <summary>As <c>https://tsa.example/</c>; <c>http://</c> is taken too, since the answer is signed. Default empty: nobody stamps.</summary>
    public string Url { get; set; } = "";

    /// <summary>PEM file with the roots that the authority's certificate must lead to: needed with an address.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>The policy to ask for, dotted numbers; a stamp under another one is refused. Default empty: the authority's own.</summary>
    public string PolicyOid { get; set; } = "";

    /// <summary>How often. Default 1 h; 1 min to 1 day.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromHours(1);

    /// <summary>File with the value of an <c>Authorization</c> header, such as <c>Basic …</c>, read again for each request; https alone. Default empty: none.</summary>
    public string AuthorizationFile { get; set; } = "";

    /// <summary>PEM file with the only roots that may vouch for the https endpoint. Default empty: the system's.</summary>
    public string TlsCaFile { get; set; } = "";

    /// <summary>Failing for this long is an outage, and enters the ledger. Default 15 min; must be positive.</summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(15);

    public bool IsConfigured => Url.Length > 0;

    public override string ToString() => IsConfigured ? "configured" : "none";
}
