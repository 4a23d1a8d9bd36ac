using OpenOva.Relay.Database;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Web;

/// <summary>What an HTTP caller is told of an exception. What is no expected failure becomes INTERNAL with a correlation id, under which the log has it.</summary>
internal sealed record FailedCall(ErrorReason Reason, IReadOnlyDictionary<string, string> Details)
{
    private static readonly IReadOnlyDictionary<string, string> NoDetails = new Dictionary<string, string>();

    public static FailedCall Of(Exception exception, HttpContext context, TimeProvider time, ILogger logger)
    {
        var call = context.GetEndpoint()?.DisplayName ?? "none";
        switch (exception)
        {
            case RelayException relay:
                ErrorLog.CallFailed(logger, call, ErrorTable.Of(relay.Reason).Name, relay.InnerException is null ? null : relay);
                return new(relay.Reason, relay.Details);
            case DatabaseUnavailableException or ObjectStoreUnavailableException:
                ErrorLog.CallFailed(logger, call, ErrorTable.Of(ErrorReason.BackendUnavailable).Name, exception);
                return new(ErrorReason.BackendUnavailable, NoDetails);
            case BadHttpRequestException:
                ErrorLog.CallFailed(logger, call, ErrorTable.Of(ErrorReason.InvalidArgument).Name, exception);
                return new(ErrorReason.InvalidArgument, NoDetails);
            default:
                var correlation = Guid.CreateVersion7(time.GetUtcNow()).ToString();
                ErrorLog.CallBroke(logger, call, correlation, exception);
                return new(ErrorReason.Internal, new Dictionary<string, string> { ["correlation"] = correlation });
        }
    }
}
