using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>One call on the server: what the handler sees of it. Its answer and its deadline stand in the other parts.</summary>
internal sealed partial class HttpServerCall : ServerCallContext, IServerCallContextFeature, IDisposable
{
    private readonly ILogger _logger;
    private readonly Activity? _activity;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;

    public HttpServerCall(HttpContext http, IMethod method, MethodSettings settings, ILogger logger)
    {
        HttpContext = http;
        CalledMethod = method;
        Settings = settings;
        _logger = logger;
        _time = http.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
        _activity = http.Features.Get<IHttpActivityFeature>()?.Activity;
        _token = http.RequestAborted;
    }

    public HttpContext HttpContext { get; }

    public IMethod CalledMethod { get; }

    public MethodSettings Settings { get; }

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    protected override string MethodCore => HttpContext.Request.Path.Value ?? "";

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore
    {
        get
        {
            var connection = HttpContext.Connection;
            return connection.RemoteIpAddress?.AddressFamily switch
            {
                AddressFamily.InterNetwork => $"ipv4:{connection.RemoteIpAddress}:{connection.RemotePort}",
                AddressFamily.InterNetworkV6 => $"ipv6:[{connection.RemoteIpAddress}]:{connection.RemotePort}",
                _ => "unknown",
            };
        }
    }

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerIdentity.Of(HttpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => HttpContext.Items!;

    public string? RequestEncoding => HttpContext.Request.Headers[GrpcHeaders.Encoding];

    /// <summary>Prepares the answer and starts the deadline.</summary>
    public void Start()
    {
        _activity?.AddTag("grpc.method", MethodCore);
        PrepareResponse();
        StartDeadline();
    }

    public MessageReader<T> ReadRequests<T>(Marshaller<T> marshaller)
        where T : class => new(
            HttpContext.Request.BodyReader, marshaller.ContextualDeserializer, Settings.Encodings, RequestEncoding, Settings.MaxReceiveMessageSize);

    /// <summary>The status that answers an exception, which is logged here and nowhere else.</summary>
    public Status Judge(Exception exception)
    {
        if (exception is RpcException refusal)
        {
            GrpcServerLog.HandlerRefused(_logger, MethodCore, refusal.StatusCode, refusal.Status.Detail, refusal.Status.DebugException);
            foreach (var entry in refusal.Trailers) ResponseTrailers.Add(entry);
            return refusal.Status;
        }

        if (CancellationTokenCore.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            if (!HasDeadlinePassed) GrpcServerLog.HandlerCancelled(_logger, MethodCore);
            return new Status(StatusCode.Cancelled, "The call was cancelled.", exception);
        }

        GrpcServerLog.HandlerFailed(_logger, MethodCore, exception);
        const string Fixed = "Exception was thrown by handler.";
        return new Status(StatusCode.Unknown, Settings.DetailedErrors ? $"{Fixed} {Describe(exception)}" : Fixed, exception);

        static string Describe(Exception e) =>
            $"{e.GetType().Name}: {e.Message}" + (e.InnerException is null ? "" : $" {Describe(e.InnerException)}");
    }

    public void Dispose()
    {
        _cancellation?.Dispose();
        _response.Dispose();
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotImplementedException("Pass the deadline and the token of the call to the calls made within it.");

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            if (GrpcHeaders.IsReserved(name)) continue;
            foreach (var value in values)
                if (value is not null) BinaryHeader.AddTo(metadata, name, value);
        }

        return metadata;
    }
}
