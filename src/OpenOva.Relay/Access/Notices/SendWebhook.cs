using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Access.Notices;

/// <summary>
/// Sends each notice to its organisation's webhook, signed as Standard Webhooks says: <c>v1,</c> and the base64 of HMAC-SHA256 over
/// <c>webhook-id.webhook-timestamp.body</c>. The id is the same at every delivery of one notice. An answer other than 2xx means: again later.
/// </summary>
internal sealed class SendWebhook(AccessOptions options, IHttpClientFactory clients, TimeProvider time) : IRelayConsumer<AccessNotice>
{
    public const string Client = "access-webhook";
    private const string SecretPrefix = "whsec_";
    private const int LeastSecretBytes = 24;

    public async Task ConsumeAsync(Delivery<AccessNotice> delivery, CancellationToken cancellation)
    {
        if (options.Of(delivery.Organisation).Webhook is { } webhook) await SendAsync(webhook, delivery.MessageId, delivery.Message, cancellation);
        await delivery.CompleteAsync(_ => Task.CompletedTask, cancellation);
    }

    private async Task SendAsync(WebhookOptions webhook, string id, AccessNotice notice, CancellationToken cancellation)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(webhook.Timeout);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            type = notice.Kind,
            timestamp = DateTimeOffset.UnixEpoch.AddTicks(notice.OccurredUs * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            data = new { organisation = notice.Organisation, connection = notice.Connection, request = notice.Request, session = notice.Session, state = notice.State },
        });
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", "v1," + Convert.ToBase64String(Sign(await SecretAsync(webhook, bounded.Token), id, timestamp, body)));
        using var client = clients.CreateClient(Client);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounded.Token);
        // The body may repeat what was sent, and the headers of what is behind it are nobody's business.
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"the webhook of {notice.Organisation} answered {(int)response.StatusCode}");
    }

    private static byte[] Sign(byte[] secret, string id, string timestamp, byte[] body) =>
        HMACSHA256.HashData(secret, (byte[])[.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body]);

    private static async Task<byte[]> SecretAsync(WebhookOptions webhook, CancellationToken cancellation)
    {
        var text = (await File.ReadAllTextAsync(webhook.SecretFile, cancellation)).Trim();
        var secret = new byte[text.Length];
        if (!text.StartsWith(SecretPrefix, StringComparison.Ordinal) || !Convert.TryFromBase64String(text[SecretPrefix.Length..], secret, out var length) || length < LeastSecretBytes)
            throw new InvalidOperationException($"{Path.GetFileName(webhook.SecretFile)} holds no webhook secret (whsec_ and at least {LeastSecretBytes} bytes in base64)");
        return secret[..length];
    }
}
