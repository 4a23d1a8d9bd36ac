using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Ledger.Stamps;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Ledger;

internal sealed partial class ValidateLedgerOptions() : S3OptionsRules<LedgerOptions>(LedgerOptions.Section)
{
    private const int MostNameChars = 40;

    protected override void Check(LedgerOptions options)
    {
        if (options.Keys.Length == 0) Fail(nameof(options.Keys), "must name a folder");
        foreach (var (name, export) in options.Exports) Check($"{nameof(options.Exports)}:{name}", name, export);
        foreach (var (name, sink) in options.HeadSinks) Check($"{nameof(options.HeadSinks)}:{name}", name, sink);
        if (options.TimestampAuthority.IsConfigured) Check(nameof(options.TimestampAuthority), options.TimestampAuthority);
    }

    private void Check(string key, TimestampAuthorityOptions authority)
    {
        if (Address(authority.Url, "https", "http") is not { } url) Fail($"{key}:{nameof(authority.Url)}", "must be https:// or http://, without user, query or fragment");
        else if (url.Scheme == "http" && !url.IsLoopback && authority.AuthorizationFile.Length > 0)
            Fail($"{key}:{nameof(authority.Url)}", "must be https with an AuthorizationFile: it would travel in clear");
        if (authority.CaFile.Length == 0) Fail($"{key}:{nameof(authority.CaFile)}", "must be set: a stamp counts by who gave it");
        Authorities($"{key}:{nameof(authority.CaFile)}", authority.CaFile);
        Authorities($"{key}:{nameof(authority.TlsCaFile)}", authority.TlsCaFile);
        FileReadable($"{key}:{nameof(authority.AuthorizationFile)}", authority.AuthorizationFile);
        if (authority.PolicyOid.Length > 0 && !PolicyOid().IsMatch(authority.PolicyOid)) Fail($"{key}:{nameof(authority.PolicyOid)}", "must be dotted numbers, such as 1.2.3.4.1");
        Within($"{key}:{nameof(authority.Period)}", authority.Period, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1));
        Positive($"{key}:{nameof(authority.StallAfter)}", authority.StallAfter);
    }

    private void Check(string key, string name, ExportOptions export)
    {
        CheckName(key, name);
        Authorities($"{key}:{nameof(export.CaFile)}", export.CaFile);
        if (export.Kind == ExportKind.OpenSearch) CheckOpenSearch(key, export);
        else if (export.Kind == ExportKind.Syslog) CheckSyslog(key, export);
        else Fail($"{key}:{nameof(export.Kind)}", "must be opensearch or syslog");
        Within($"{key}:{nameof(export.Timeout)}", export.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Patience(key, export.PauseCeiling, export.StallAfter);
    }

    private void CheckOpenSearch(string key, ExportOptions export)
    {
        if (Address(export.Url, "https", "http") is not { } url) Fail($"{key}:{nameof(export.Url)}", "must be https://host:port, without user, query or fragment");
        else if (url.Scheme == "http" && !url.IsLoopback && !export.AllowHttp)
            Fail($"{key}:{nameof(export.Url)}", "must be https, unless it is loopback or AllowHttp is set: the ledger and the credentials would travel in clear");
        if (export.User.Length > 0 != export.PasswordFile.Length > 0) Fail($"{key}:{nameof(export.PasswordFile)}", "and User must be set together");
        if (export.User.Length > 0 && export.TokenFile.Length > 0) Fail($"{key}:{nameof(export.TokenFile)}", "and User must not both be set");
        if (export.User.Contains(':')) Fail($"{key}:{nameof(export.User)}", "must not hold a colon");
        if (export.TokenScheme is not ("Bearer" or "ApiKey")) Fail($"{key}:{nameof(export.TokenScheme)}", "must be Bearer or ApiKey");
        FileReadable($"{key}:{nameof(export.PasswordFile)}", export.PasswordFile);
        FileReadable($"{key}:{nameof(export.TokenFile)}", export.TokenFile);
    }

    private void CheckSyslog(string key, ExportOptions export)
    {
        if (Address(export.Url, "tls", "tcp") is not { Port: > 0 } url) Fail($"{key}:{nameof(export.Url)}", "must be tls://host:port");
        else if (url.PathAndQuery is not ("" or "/")) Fail($"{key}:{nameof(export.Url)}", "must have no path");
        else if (url.Scheme == "tcp" && !url.IsLoopback) Fail($"{key}:{nameof(export.Url)}", "must be tls:// unless it is loopback: the ledger would travel in clear");
        if (export.CertificateFile.Length > 0 != export.CertificateKeyFile.Length > 0) Fail($"{key}:{nameof(export.CertificateKeyFile)}", "and CertificateFile must be set together");
        FileReadable($"{key}:{nameof(export.CertificateFile)}", export.CertificateFile);
        FileReadable($"{key}:{nameof(export.CertificateKeyFile)}", export.CertificateKeyFile);
        Range($"{key}:{nameof(export.EnterpriseNumber)}", export.EnterpriseNumber, 1, int.MaxValue);
        Within($"{key}:{nameof(export.ConfirmAfter)}", export.ConfirmAfter, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
    }

    private void Check(string key, string name, HeadSinkOptions sink)
    {
        CheckName(key, name);
        Patience(key, sink.PauseCeiling, sink.StallAfter);
        if (sink.Kind == HeadSinkKind.Directory)
        {
            if (!Path.IsPathFullyQualified(sink.Directory)) Fail($"{key}:{nameof(sink.Directory)}", "must be an absolute path");
        }
        else if (sink.Kind == HeadSinkKind.S3)
        {
            if (!ObjectKey.IsValidBucket(sink.Bucket)) Fail($"{key}:{nameof(sink.Bucket)}", "must be 3 to 63 lower-case letters, digits or dashes");
            if (!ObjectKey.IsValid(sink.Prefix + "x")) Fail($"{key}:{nameof(sink.Prefix)}", "must be the beginning of a key, such as relay/");
            CheckS3($"{key}:{nameof(sink.S3)}", sink.S3);
        }
        else
        {
            Fail($"{key}:{nameof(sink.Kind)}", "must be directory or s3");
        }
    }

    private void CheckName(string key, string name)
    {
        if (name.Length > MostNameChars || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-'))
            Fail(key, $"must have a name of at most {MostNameChars} lower-case letters, digits or dashes");
    }

    private void Patience(string key, TimeSpan ceiling, TimeSpan stallAfter)
    {
        Within($"{key}:{nameof(ExportOptions.PauseCeiling)}", ceiling, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Positive($"{key}:{nameof(ExportOptions.StallAfter)}", stallAfter);
    }

    private void Within(string key, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most) Fail(key, $"must be {least:c} to {most:c}");
    }

    private void Authorities(string key, string file)
    {
        if (file.Length == 0) return;
        try
        {
            TrustedAuthorities.Read(file);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Fail(key, "must be a readable PEM file with at least one certificate");
        }
    }

    private static Uri? Address(string text, string secure, string clear) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == secure || url.Scheme == clear) && url.Host.Length > 0 && url.UserInfo.Length == 0
            && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url
            : null;

    [GeneratedRegex(@"\A[0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,30}\z")]
    private static partial Regex PolicyOid();
}
