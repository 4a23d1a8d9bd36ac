using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>A validator of options that have an S3 endpoint among them.</summary>
internal abstract class S3OptionsRules<TOptions>(string section) : OptionsRules<TOptions>(section)
    where TOptions : class
{
    private string _key = "";

    /// <summary>Checks the endpoint and its identities.</summary>
    /// <param name="key">Where in the section the options stand.</param>
    /// <param name="options">With an endpoint.</param>
    protected void CheckS3(string key, S3Options options)
    {
        _key = key;
        CheckEndpoint(options);
        CheckAuthorities(options.CaFile);
        if (options.Region.Length is 0 or > 64 || options.Region.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
            Fail(Key(nameof(options.Region)), "must be 1 to 64 letters, digits or dashes");
        foreach (var duty in Enum.GetValues<S3Duty>()) CheckIdentity(duty, options.IdentityOf(duty));
        if (!options.Writer.IsConfigured) Fail(Key($"{nameof(options.Writer)}:{nameof(S3IdentityOptions.AccessKeyFile)}"), "must be set with an endpoint");
        Positive(Key(nameof(options.ConnectTimeout)), options.ConnectTimeout);
        Positive(Key(nameof(options.StallTimeout)), options.StallTimeout);
        Range(Key(nameof(options.MaxAttempts)), options.MaxAttempts, 1, 20);
        Positive(Key(nameof(options.RetryPause)), options.RetryPause);
        if (options.RetryCeiling < options.RetryPause) Fail(Key(nameof(options.RetryCeiling)), "must not be below RetryPause");
        Range(Key(nameof(options.MaxConnections)), options.MaxConnections, 2, 1000);
        Range(Key(nameof(options.MultipartAbove)), options.MultipartAbove, 5L << 20, 5L << 30);
        Positive(Key(nameof(options.CheckPeriod)), options.CheckPeriod);
    }

    private void CheckEndpoint(S3Options options)
    {
        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https")
            || endpoint.PathAndQuery != "/" || endpoint.UserInfo.Length > 0 || endpoint.Fragment.Length > 0)
        {
            Fail(Key(nameof(options.Endpoint)), "must be https://host:port without a path, or empty for the directory");
        }
        else if (endpoint.Scheme == "http" && !endpoint.IsLoopback && !options.AllowHttp)
        {
            Fail(Key(nameof(options.Endpoint)), "must be https, unless it is loopback or AllowHttp is set: evidence would travel in clear");
        }
    }

    private void CheckIdentity(S3Duty duty, S3IdentityOptions identity)
    {
        var (access, secret) = (Key($"{duty}:{nameof(identity.AccessKeyFile)}"), Key($"{duty}:{nameof(identity.SecretKeyFile)}"));
        if (identity.AccessKeyFile.Length > 0 != identity.SecretKeyFile.Length > 0) Fail(secret, "and AccessKeyFile must be set together");
        FileReadable(access, identity.AccessKeyFile);
        FileReadable(secret, identity.SecretKeyFile);
    }

    private void CheckAuthorities(string file)
    {
        if (file.Length == 0) return;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            if (authorities.Count == 0) Fail(Key(nameof(S3Options.CaFile)), "must hold at least one certificate");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Fail(Key(nameof(S3Options.CaFile)), "must be a readable PEM file");
        }
    }

    private string Key(string key) => $"{_key}:{key}";
}
