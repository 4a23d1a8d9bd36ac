using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Stamps;
using OpenOva.Relay.Ledger.Exports;

namespace OpenOva.Relay.Ledger.Stamps;

/// <summary>The authority's answer is not one to keep.</summary>
internal sealed class TimestampRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Asks an authority for a stamp (RFC 3161 section 3.4), and believes none that an auditor would not.</summary>
internal sealed class TimestampClient(TimestampAuthorityOptions options) : IDisposable
{
    private const int NonceBytes = 16;
    private const int MostAnswerBytes = 256 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        SslOptions = TrustedAuthorities.Client(options.TlsCaFile),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
    })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = MostAnswerBytes,
    };

    /// <summary>A stamp over 32 bytes that are a SHA-256 already.</summary>
    /// <exception cref="TimestampRefusedException">
    /// No answer, or one over something else, with another nonce, under another policy, not signed by a certificate for time stamping alone, or by one that does not
    /// lead to the configured roots.
    /// </exception>
    public async Task<TimestampToken> StampAsync(byte[] imprint, CancellationToken cancellation)
    {
        var request = Rfc3161TimestampRequest.CreateFromHash(
            imprint, HashAlgorithmName.SHA256, options.PolicyOid.Length > 0 ? new Oid(options.PolicyOid) : null, RandomNumberGenerator.GetBytes(NonceBytes),
            requestSignerCertificates: true);
        var answer = await PostAsync(request.Encode(), cancellation);
        try
        {
            // Status, imprint, nonce, and that the signer's certificate is there.
            var token = request.ProcessResponse(answer, out var read);
            if (read != answer.Length) throw new TimestampRefusedException("something stands behind the authority's answer");
            var stamp = TimestampToken.Parse(token.AsSignedCms().Encode(), "the authority's stamp");
            if (options.PolicyOid.Length > 0 && stamp.Policy != options.PolicyOid) throw new TimestampRefusedException($"stamped under the policy {stamp.Policy}");
            return stamp.Verify(TrustedAuthorities.Read(options.CaFile)) ? stamp : throw new TimestampRefusedException("the authority's certificate does not lead to the configured roots");
        }
        catch (Exception wrong) when (wrong is CryptographicException or EvidenceFormatException)
        {
            throw new TimestampRefusedException(wrong.Message, wrong);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> PostAsync(byte[] query, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new ByteArrayContent(query) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/timestamp-query");
            if (options.AuthorizationFile.Length > 0)
                request.Headers.TryAddWithoutValidation("Authorization", (await File.ReadAllTextAsync(options.AuthorizationFile, cancellation)).Trim());
            using var response = await _http.SendAsync(request, cancellation);
            if (!response.IsSuccessStatusCode) throw new TimestampRefusedException($"HTTP {(int)response.StatusCode}");
            return await response.Content.ReadAsByteArrayAsync(cancellation);
        }
        catch (Exception away) when (!cancellation.IsCancellationRequested && away is HttpRequestException or IOException or UnauthorizedAccessException or TaskCanceledException)
        {
            throw new TimestampRefusedException($"no answer: {away.Message}", away);
        }
    }
}
