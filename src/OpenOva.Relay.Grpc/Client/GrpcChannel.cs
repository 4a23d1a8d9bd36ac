using Grpc.Core;
using Grpc.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A way to one server. It is expensive to make and safe to share; its calls share connections.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly bool _ownsHttp;
    private int _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
            throw new ArgumentException("HttpClient and HttpHandler have been configured. Only one HTTP caller can be specified.");
        Security = new ChannelSecurity(address, options);
        Address = address;
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        HttpVersion = options.HttpVersion ?? System.Net.HttpVersion.Version20;
        HttpVersionPolicy = options.HttpVersionPolicy ?? System.Net.Http.HttpVersionPolicy.RequestVersionExact;
        Encodings = options.CompressionProviders is null ? MessageEncodings.Default : new MessageEncodings(options.CompressionProviders);
        Time = options.ServiceProvider?.GetService<TimeProvider>() ?? TimeProvider.System;
        var logs = options.LoggerFactory ?? options.ServiceProvider?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        Logger = logs.CreateLogger<GrpcChannel>();
        (Http, _ownsHttp) = CreateHttp(options);
    }

    internal Uri Address { get; }

    internal HttpMessageInvoker Http { get; }

    internal ChannelSecurity Security { get; }

    internal MessageEncodings Encodings { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal bool ThrowOperationCanceled { get; }

    internal Version HttpVersion { get; }

    internal HttpVersionPolicy HttpVersionPolicy { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal CancellationToken Closing => _closing.Token;

    /// <summary>A channel to <paramref name="address"/>, such as <c>https://host:443</c>, or <c>http://host:port</c> for cleartext HTTP/2.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to <paramref name="address"/>.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>A channel to <paramref name="address"/>.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to <paramref name="address"/>.</summary>
    /// <exception cref="ArgumentException">The scheme is neither http nor https.</exception>
    /// <exception cref="InvalidOperationException">The credentials contradict the scheme.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc />
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed == 1, this);
        return new ChannelCallInvoker(this);
    }

    /// <summary>Cancels the channel's calls and, if they are its own, closes its connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        // Not disposed itself: calls that are just starting still look at its token.
        _closing.Cancel();
        if (_ownsHttp) Http.Dispose();
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed == 1, this);

    /// <inheritdoc />
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private static (HttpMessageInvoker Http, bool Owned) CreateHttp(GrpcChannelOptions options)
    {
        if (options.HttpClient is { } client)
        {
            // Its timeout is one for whole calls, streams included; deadlines are the callers' to set.
            return (client, options.DisposeHttpClient);
        }

        // Many calls share a connection, and servers allow about a hundred at a time on one.
        var handler = options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        var owned = options.HttpHandler is null || options.DisposeHttpClient;
        return (new HttpMessageInvoker(handler, owned), owned);
    }
}
