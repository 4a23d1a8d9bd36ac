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
            var failed = FailedCall.Of(e, context, time, log);
            await ErrorAnswer.WriteAsync(context, failed.Reason, failed.Details);
        }
    }
}
