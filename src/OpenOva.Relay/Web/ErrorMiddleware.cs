using OpenOva.Relay.Database;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Web;

/// <summary>Tells every failure of an HTTP route by the error table, as <see cref="ErrorInterceptor"/> does for gRPC.</summary>
internal sealed class ErrorMiddleware(RequestDelegate next, TimeProvider time, ILogger<ErrorMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        // Once the response has started its status is out: only cutting it short tells that it is not whole.
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var (reason, details) = Reason(e, context);
            await ErrorAnswer.WriteAsync(context, reason, details);
        }
    }

    private (ErrorReason Reason, IReadOnlyDictionary<string, string>? Details) Reason(Exception e, HttpContext context)
    {
        var call = context.GetEndpoint()?.DisplayName ?? "none";
        switch (e)
        {
            case RelayException relay:
                ErrorLog.CallFailed(log, call, ErrorTable.Of(relay.Reason).Name, relay.InnerException is null ? null : relay);
                return (relay.Reason, relay.Details);
            case DatabaseUnavailableException or ObjectStoreUnavailableException:
                ErrorLog.CallFailed(log, call, ErrorTable.Of(ErrorReason.BackendUnavailable).Name, e);
                return (ErrorReason.BackendUnavailable, null);
            case BadHttpRequestException:
                ErrorLog.CallFailed(log, call, ErrorTable.Of(ErrorReason.InvalidArgument).Name, e);
                return (ErrorReason.InvalidArgument, null);
            default:
                var correlation = Guid.CreateVersion7(time.GetUtcNow()).ToString();
                ErrorLog.CallBroke(log, call, correlation, e);
                return (ErrorReason.Internal, new Dictionary<string, string> { ["correlation"] = correlation });
        }
    }
}
