namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>What is sent along with an object for the store to check and keep.</summary>
internal enum S3Checksums
{
    /// <summary>The SHA-256 as the S3 checksum of the object: the store checks it on receipt and can answer it by itself.</summary>
    Sha256 = 0,

    /// <summary>
    /// For stores that refuse checksum headers. What reached the disk is then checked by the signature's payload hash at best, and a copy that rots in the store
    /// is found only when Relay reads it back.
    /// </summary>
    None = 1,
}

/// <summary>Section <c>Relay:ObjectStorage:S3</c>: one endpoint, addressed in path style, with one pair of keys for each duty.</summary>
internal sealed class S3Options
{
    public const string Section = $"{ObjectStorageOptions.Section}:S3";

    /// <summary>As <c>https://host:port</c>. Default empty: objects are kept in the directory instead.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Take plain HTTP to a host that is not loopback: keys stay secret, but evidence travels in clear. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>The region text that requests are signed with; most stores take any. Default <c>default</c>.</summary>
    public string Region { get; set; } = "default";

    /// <summary>PEM file of the authorities that may have issued the endpoint's certificate. Default empty: those of the system.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>Default <c>Sha256</c>.</summary>
    public S3Checksums Checksums { get; set; } = S3Checksums.Sha256;

    /// <summary>Puts and reads, but never deletes, bypasses or holds. Needed with an endpoint.</summary>
    public S3IdentityOptions Writer { get; } = new();

    /// <summary>Deletes what is not locked, by version, and prolongs retention. Default none: live pieces and what has expired then stay for ever.</summary>
    public S3IdentityOptions Retention { get; } = new();

    /// <summary>Places and lifts legal holds. Default none: no hold can be placed.</summary>
    public S3IdentityOptions Hold { get; } = new();

    /// <summary>Deletes in spite of GOVERNANCE, for erasures that two persons decided. Default none: no such erasure is possible.</summary>
    public S3IdentityOptions Bypass { get; } = new();

    /// <summary>How long a connection may take to open. Default 5 s; must be positive.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request may stand without a byte taken or given by the store. Default 30 s; must be positive.</summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request is sent before it counts as failed, the first time included. Default 4; 1 to 20.</summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>Pause before the second attempt; it doubles from there, give or take a quarter. Default 200 ms; must be positive.</summary>
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause between two attempts. Default 5 s.</summary>
    public TimeSpan RetryCeiling { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Connections that one process opens for objects being read, and again as many for everything else, so that slow readers cannot hold up sealing.
    /// Default 32; 2 to 1000.
    /// </summary>
    public int MaxConnections { get; set; } = 32;

    /// <summary>
    /// Objects above this size, in bytes, are put in parts. Default 5 GiB, the most that S3 takes in one piece; at least 5 MiB. Not every store decides
    /// between two writers of one key atomically when they put in parts; such objects never decide a claim.
    /// </summary>
    public long MultipartAbove { get; set; } = 5L << 30;

    /// <summary>How often what the store enforces is checked again. Default 1 day; must be positive.</summary>
    public TimeSpan CheckPeriod { get; set; } = TimeSpan.FromDays(1);

    public bool IsConfigured => Endpoint.Length > 0;

    /// <summary>The keys of a duty.</summary>
    public S3IdentityOptions IdentityOf(S3Duty duty) => duty switch
    {
        S3Duty.Writer => Writer,
        S3Duty.Retention => Retention,
        S3Duty.Hold => Hold,
        _ => Bypass,
    };

    public override string ToString() => IsConfigured ? "S3" : "none";
}

/// <summary>Who acts towards the store. Each duty has keys of its own, so that none can do what another is for.</summary>
internal enum S3Duty
{
    Writer = 1,
    Retention = 2,
    Hold = 3,
    Bypass = 4,
}

/// <summary>The files that hold a pair of keys. They are read again when they change, so that rotated keys need no restart.</summary>
internal sealed class S3IdentityOptions
{
    /// <summary>Default empty: this identity is not there.</summary>
    public string AccessKeyFile { get; set; } = "";

    /// <summary>Default empty.</summary>
    public string SecretKeyFile { get; set; } = "";

    public bool IsConfigured => AccessKeyFile.Length > 0;
}
