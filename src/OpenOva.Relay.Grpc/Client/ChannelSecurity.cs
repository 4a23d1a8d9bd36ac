using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Checks a channel's credentials against its address, and says what is shown with a call.</summary>
internal sealed class ChannelSecurity : ChannelCredentialsConfiguratorBase
{
    private readonly bool _callCredentialsAllowed;
    private bool? _isSecure;
    private List<CallCredentials>? _callCredentials;

    public ChannelSecurity(Uri address, GrpcChannelOptions options)
    {
        var https = address.Scheme == Uri.UriSchemeHttps;
        if (!https && address.Scheme != Uri.UriSchemeHttp)
            throw new ArgumentException($"No address resolver configured for the scheme '{address.Scheme}'.", nameof(address));
        options.Credentials?.InternalPopulateConfiguration(this, this);
        if (_isSecure is { } secure && secure != https)
            throw new InvalidOperationException($"Channel is configured with {(secure ? "secure" : "insecure")} channel credentials and can't use an address with scheme '{address.Scheme}'.");
        _callCredentialsAllowed = https || options.UnsafeUseInsecureChannelCallCredentials;
        if (_callCredentials is not null && !_callCredentialsAllowed)
            throw new InvalidOperationException("CallCredentials can't be composed with InsecureCredentials. They must be used with secure channel credentials like SslCredentials.");
    }

    /// <summary>
    /// The metadata that the call's own credentials and the channel's add. Cleartext would show them to anyone on the way, so there they are
    /// left out; false says that they were.
    /// </summary>
    public async ValueTask<bool> AddCredentialsAsync(AuthInterceptorContext context, CallCredentials? own, Metadata metadata)
    {
        if (own is null && _callCredentials is null) return true;
        if (!_callCredentialsAllowed) return false;
        if (own is not null) await AddAsync(own, context, metadata);
        foreach (var credentials in _callCredentials ?? []) await AddAsync(credentials, context, metadata);
        return true;
    }

    public override void SetInsecureCredentials(object state) => _isSecure = false;

    public override void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        if (!string.IsNullOrEmpty(rootCertificates) || keyCertificatePair is not null || verifyPeerCallback is not null)
        {
            throw new InvalidOperationException(
                "SslCredentials with non-null arguments is not supported by GrpcChannel. Set certificates on the HTTP handler.");
        }

        _isSecure = true;
    }

    public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, state);
        (_callCredentials ??= []).Add(callCredentials);
    }

    private static async Task AddAsync(CallCredentials credentials, AuthInterceptorContext context, Metadata metadata)
    {
        var interceptors = new Flattened();
        credentials.InternalPopulateConfiguration(interceptors, null);
        foreach (var interceptor in interceptors.Interceptors) await interceptor(context, metadata);
    }

    private sealed class Flattened : CallCredentialsConfiguratorBase
    {
        public List<AsyncAuthInterceptor> Interceptors { get; } = [];

        public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
        {
            foreach (var each in credentials) each.InternalPopulateConfiguration(this, state);
        }

        public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => Interceptors.Add(interceptor);
    }
}
