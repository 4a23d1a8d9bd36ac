using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>An authority that gives whatever stamp a test wants, right ones and those that no authority would give.</summary>
internal sealed class ScriptedAuthority : IAsyncDisposable
{
    public const string Policy = "1.2.3.4.1";
    private readonly DateTimeOffset _now;
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly string _caFile = Path.GetTempFileName();
    private WebApplication? _server;

    private ScriptedAuthority(DateTimeOffset now)
    {
        _now = now;
        var request = new CertificateRequest("CN=Test root", _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(now.AddYears(-10), now.AddYears(10));
        File.WriteAllText(_caFile, _root.ExportCertificatePem());
        Signer = Certificate();
        Answer = query => Reply(Info(query));
    }

    public string Url => _server!.Urls.First();

    public string CaFile => _caFile;

    public X509Certificate2 Signer { get; set; }

    /// <summary>Given the query, the answer; null: HTTP 500.</summary>
    public Func<Rfc3161TimestampRequest, byte[]?> Answer { get; set; }

    public List<string> Authorizations { get; } = [];

    public int Asked { get; private set; }

    public static async Task<ScriptedAuthority> StartAsync(DateTimeOffset now)
    {
        var authority = new ScriptedAuthority(now);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        authority._server = builder.Build();
        authority._server.Run(authority.AnswerAsync);
        await authority._server.StartAsync();
        return authority;
    }

    /// <summary>A signer's certificate under the root.</summary>
    public X509Certificate2 Certificate(string purpose = "1.3.6.1.5.5.7.3.8", bool critical = true, int daysFrom = -1, int daysTo = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test TSA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (purpose.Length > 0) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical));
        using var made = request.Create(_root, _now.AddDays(daysFrom), _now.AddDays(daysTo), [1, 2, 3, 4]);
        return made.CopyWithPrivateKey(key);
    }

    /// <summary>What a right stamp says; a test changes one thing.</summary>
    public Rfc3161TimestampTokenInfo Info(
        Rfc3161TimestampRequest query, byte[]? imprint = null, byte[]? nonce = null, string policy = Policy, DateTimeOffset? at = null) =>
        new(new Oid(policy), query.HashAlgorithmId, imprint ?? query.GetMessageHash(), new byte[] { 7 }, at ?? _now, nonce: nonce ?? query.GetNonce());

    /// <summary>TimeStampResp, status granted.</summary>
    public byte[] Reply(Rfc3161TimestampTokenInfo info)
    {
        var cms = new SignedCms(new ContentInfo(new Oid("1.2.840.113549.1.9.16.1.4"), info.Encode()));
        var signer = new CmsSigner(SubjectIdentifierType.IssuerAndSerialNumber, Signer) { DigestAlgorithm = new Oid("2.16.840.1.101.3.4.2.1"), IncludeOption = X509IncludeOption.EndCertOnly };
        signer.SignedAttributes.Add(new AsnEncodedData("1.2.840.113549.1.9.16.2.47", SigningCertificate(Signer)));
        cms.ComputeSignature(signer);
        var response = new AsnWriter(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            using (response.PushSequence()) response.WriteInteger(0);
            response.WriteEncodedValue(cms.Encode());
        }

        return response.Encode();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _root.Dispose();
        _rootKey.Dispose();
        File.Delete(_caFile);
    }

    // RFC 5035: SigningCertificateV2 with one ESSCertIDv2 under the default hash.
    private static byte[] SigningCertificate(X509Certificate2 certificate)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteOctetString(certificate.GetCertHash(HashAlgorithmName.SHA256));
        }

        return writer.Encode();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Asked++;
        Authorizations.Add(context.Request.Headers.Authorization.ToString());
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Assert.True(Rfc3161TimestampRequest.TryDecode(body.ToArray(), out var query, out _));
        Assert.True(query!.RequestSignerCertificate);
        if (Answer(query) is { } answer) await context.Response.Body.WriteAsync(answer);
        else context.Response.StatusCode = 500;
    }
}
