using Microsoft.AspNetCore.Http.Extensions;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Frame;

/// <summary>What an error page shows.</summary>
/// <param name="Text">What happened.</param>
/// <param name="Advice">What the person can do.</param>
/// <param name="Details">The error's own, by name.</param>
/// <param name="Link">Where to go on.</param>
internal sealed record ErrorModel(string Reason, string Text, string Advice, IReadOnlyDictionary<string, string> Details, string Link, string LinkText);

/// <summary>Errors of the table as pages.</summary>
internal static class PageErrors
{
    public static ErrorPage Metadata { get; } = new(WriteAsync);

    private static Task WriteAsync(HttpContext context, ErrorRow row, IReadOnlyDictionary<string, string> details)
    {
        PageSecurity.SetHeaders(context.Response);
        var (link, text) = row.Reason switch
        {
            ErrorReason.StepUpRequired => (BrowserRoutes.SignInAddress(Origin(context), isStepUp: true), "Sign in again"),
            ErrorReason.TokenRefused => (BrowserRoutes.SignInAddress(Origin(context)), "Sign in"),
            _ => (Origin(context), "Go back"),
        };
        var model = new ErrorModel(row.Name, row.Text, AdviceFor(row.Reason), details, link, text);
        return PageRenderer.Page<ErrorBody>(PageFrame.Of(context, "That did not work"), row.HttpStatus, model).ExecuteAsync(context);
    }

    private static string AdviceFor(ErrorReason reason) => reason switch
    {
        ErrorReason.NotPermitted => "Your roles do not reach this, or it does not exist. Ask whoever administers your roles.",
        ErrorReason.TokenRefused => "Your sign-in is over.",
        ErrorReason.InvalidArgument => "Check what you entered, and send it again.",
        ErrorReason.WrongState => "It has changed meanwhile. Look at it again.",
        ErrorReason.BackendUnavailable or ErrorReason.RecorderFailed => "Nothing was done. Try again in a moment.",
        ErrorReason.ApprovalRequired => "Ask for access on the connection's page; another person decides.",
        ErrorReason.OutsideChangeWindow => "The connection's page says when it can be opened.",
        ErrorReason.StepUpRequired => "The policy of this connection wants a fresh sign-in with a second factor.",
        ErrorReason.SourceNotAllowed => "This connection opens from other networks only.",
        ErrorReason.OwnDoing => "Another person has to do this.",
        ErrorReason.NotSealed => "The recording is still being finished. Try again in a moment.",
        ErrorReason.LimitReached => "End something first.",
        ErrorReason.Internal => "The operator finds it in the log under the correlation below.",
        _ => "",
    };

    // A form's page is where its answer leads back to; of the referrer only the path counts, so that no other site is led to.
    private static string Origin(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && BrowserCall.Declared(context) is not null && context.Request.Path != "/")
            return context.Features.Get<BrowserFeature>() is null ? context.Request.GetEncodedPathAndQuery() : "/";
        return Uri.TryCreate(context.Request.Headers.Referer, UriKind.Absolute, out var from) && from.GetLeftPart(UriPartial.Authority) == PublicOrigin.Of(context)
            ? LocalPath.Of(from.AbsolutePath)
            : "/";
    }
}
