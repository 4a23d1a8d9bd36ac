using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// How this process reaches RabbitMQ. Applied before every attempt to connect, so that a changed password or CA file counts from the next
/// connection on without a restart.
/// </summary>
internal sealed class BrokerConnection(MessagingOptions options)
{
    /// <summary>Longest wait for a connection to be made, and for an answer on it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public Uri Address { get; } = new(options.Url);

    public bool IsEncrypted => Address.Scheme == "amqps";

    /// <summary>Passwords cross this connection in clear text unless it is encrypted or stays on this machine.</summary>
    public bool IsExposed => !IsEncrypted && !Address.IsLoopback;

    /// <summary>
    /// Readies the transport's next attempt. The transport gives up for good when a password is refused or a file cannot be read, and would
    /// never see the right one that is put there later: so a trial connection finds that out first, as a failure that is tried again.
    /// </summary>
    /// <exception cref="BrokerRefusedException">Refused, or a file cannot be read.</exception>
    public async Task PrepareAsync(ConnectionFactory factory)
    {
        try
        {
            await ApplyAsync(factory);
            await using var trial = await OpenAsync(CancellationToken.None);
        }
        catch (BrokerUnreachableException refused)
        {
            // Any other reason the transport finds out for itself, and tries again.
            if (refused.InnerException is PossibleAuthenticationFailureException or AuthenticationFailureException)
                throw new BrokerRefusedException($"The broker at {Address.Host} refuses the user or password of Relay:Bus.");
        }
        catch (Exception other)
        {
            throw new BrokerRefusedException($"The broker at {Address.Host} refuses Relay:Bus, or its files cannot be read: {other.GetType().Name}: {other.Message}");
        }
    }

    /// <exception cref="IOException">The password or CA file cannot be read.</exception>
    private async Task ApplyAsync(ConnectionFactory factory)
    {
        if (options.User.Length > 0) factory.UserName = options.User;
        if (options.PasswordFile.Length > 0) factory.Password = (await File.ReadAllTextAsync(options.PasswordFile)).Trim();
        factory.RequestedHeartbeat = options.Heartbeat;
        factory.RequestedConnectionTimeout = Patience;
        factory.ContinuationTimeout = Patience;
        if (!IsEncrypted) return;
        factory.Ssl = new SslOption(Address.Host) { Enabled = true, Version = SslProtocols.None };
        if (options.CaFile.Length > 0) factory.Ssl.CertificateValidationCallback = TrustOnly(options.CaFile);
    }

    /// <summary>A connection of its own, for a look at queues.</summary>
    public async Task<IConnection> OpenAsync(CancellationToken cancellation)
    {
        var factory = new ConnectionFactory { Uri = Address, AutomaticRecoveryEnabled = false };
        await ApplyAsync(factory);
        return await factory.CreateConnectionAsync(cancellation);
    }

    /// <summary>The file's certificates are the only roots; the name must match all the same.</summary>
    private static RemoteCertificateValidationCallback TrustOnly(string caFile)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(caFile);
        return (_, certificate, presented, errors) =>
        {
            if (certificate is not X509Certificate2 server || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>()) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            return chain.Build(server);
        };
    }
}
