using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Connections;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.Pages.Recordings;
using OpenOva.Relay.Pages.Requests;
using OpenOva.Relay.Pages.Reviews;
using OpenOva.Relay.Pages.Sessions;
using OpenOva.Relay.Pages.SignIn;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages;

/// <summary>The pages for people: what they may call is what the calls behind them admit over gRPC.</summary>
internal static class PageRoutes
{
    private const string BeforeSignIn = "Shown to those who are not signed in, and shows nothing of anybody.";
    private const string Styles = "Styles and scripts of the program, the same for everybody.";

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddSingleton<SignInPages>();
        services.AddSingleton<ConnectionPages>();
        services.AddSingleton<RequestPages>();
        services.AddSingleton<SessionPages>();
        services.AddSingleton<EmergencyPages>();
        services.AddSingleton<RecordingPages>();
        return services;
    }

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        BrowserRoutes.Map(routes).WithMetadata(PageErrors.Metadata);
        var anonymous = routes.MapGroup("").AtDoor(Doors.Web).WithMetadata(PageErrors.Metadata);
        anonymous.MapGet("/assets/{version}/{name}", PageAssets.Serve).WithMetadata(new AllowAnonymousCallAttribute(Styles));
        anonymous.MapGet(BrowserRoutes.ChoicePath, (HttpContext context, SignInPages pages) => pages.Choose(context)).WithMetadata(new AllowAnonymousCallAttribute(BeforeSignIn))
            .AddEndpointFilter(PageSecurity.FilterAsync);
        anonymous.MapGet(BrowserRoutes.GoodbyePath, (HttpContext context) => SignInPages.Goodbye(context)).WithMetadata(new AllowAnonymousCallAttribute(BeforeSignIn))
            .AddEndpointFilter(PageSecurity.FilterAsync);

        var pages = routes.MapGroup("").AtDoor(Doors.Web).WithMetadata(PageErrors.Metadata, new BrowserCallAttribute { IsPage = true }).AddEndpointFilter(PageSecurity.FilterAsync)
            .DisableAntiforgery(); // the pages' own form tokens hold over replicas without a shared key ring
        pages.MapGet("/", (HttpContext context, ConnectionPages served) => served.ListAsync(context)).WithMetadata(Signed);
        pages.MapGet("/connections/{name}", (string name, HttpContext context, ConnectionPages served) => served.ShowAsync(name, context))
            .WithMetadata(Of(CallerRoles.Admin | CallerRoles.Auditor, own: CallerRoles.Operator));
        pages.MapPost("/connections/{name}/open", (string name, HttpContext context, ConnectionPages served) => served.OpenAsync(name, context)).WithMetadata(Decides);
        pages.MapPost("/connections/{name}/requests", (string name, HttpContext context, ConnectionPages served) => served.RequestAsync(name, context))
            .WithMetadata(Of(CallerRoles.None, own: CallerRoles.Operator));

        const CallerRoles seesRequests = CallerRoles.SecurityOfficer | CallerRoles.Auditor;
        pages.MapGet("/requests", (HttpContext context, RequestPages served) => served.ListAsync(context)).WithMetadata(Of(seesRequests, own: CallerRoles.Operator | CallerRoles.Approver));
        pages.MapGet("/requests/{id}", (string id, HttpContext context, RequestPages served) => served.ShowAsync(id, context))
            .WithMetadata(Of(seesRequests, own: CallerRoles.Operator | CallerRoles.Approver));
        pages.MapPost("/requests/{id}/decision", (string id, HttpContext context, RequestPages served) => served.DecideAsync(id, context))
            .WithMetadata(Of(CallerRoles.None, own: CallerRoles.Approver));
        pages.MapPost("/requests/{id}/revocation", (string id, HttpContext context, RequestPages served) => served.RevokeAsync(id, context))
            .WithMetadata(Of(CallerRoles.SecurityOfficer, own: CallerRoles.Operator | CallerRoles.Approver));

        const CallerRoles seesSessions = PageRoles.SeesSessions & ~CallerRoles.Operator;
        pages.MapGet("/sessions", (HttpContext context, SessionPages served) => served.ListAsync(context)).WithMetadata(Of(seesSessions, own: CallerRoles.Operator));
        pages.MapGet("/sessions/{id}", (string id, HttpContext context, SessionPages served) => served.ShowAsync(id, context)).WithMetadata(Of(seesSessions, own: CallerRoles.Operator));
        pages.MapGet("/sessions/{id}/screen", (string id, HttpContext context, SessionPages served) => served.ScreenAsync(id, context))
            .WithMetadata(Of(CallerRoles.None, own: CallerRoles.Operator));
        pages.MapPost("/sessions/{id}/watch", (string id, HttpContext context, SessionPages served) => served.WatchAsync(id, context)).WithMetadata(Of(PageRoles.EndsSessions));
        pages.MapGet("/sessions/{id}/watch", (string id, HttpContext context, SessionPages served) => served.WatchScreenAsync(id, context)).WithMetadata(Of(PageRoles.EndsSessions));
        pages.MapPost("/sessions/{id}/termination", (string id, HttpContext context, SessionPages served) => served.TerminateAsync(id, context))
            .WithMetadata(Of(PageRoles.EndsSessions, own: CallerRoles.Operator));
        pages.MapPost("/sessions/{id}/lock", (string id, HttpContext context, SessionPages served) => served.LockAsync(id, context)).WithMetadata(Of(PageRoles.EndsSessions));

        pages.MapGet("/emergencies", (HttpContext context, EmergencyPages served) => served.ListAsync(context)).WithMetadata(Of(PageRoles.SeesEmergencies));
        pages.MapPost("/emergencies/{id}/review", (string id, HttpContext context, EmergencyPages served) => served.ReviewAsync(id, context))
            .WithMetadata(Of(CallerRoles.Reviewer | CallerRoles.SecurityOfficer));
        pages.MapPost("/emergencies/{id}/rotation", (string id, HttpContext context, EmergencyPages served) => served.ConfirmRotationAsync(id, context))
            .WithMetadata(Of(CallerRoles.SecurityOfficer | CallerRoles.Admin));

        pages.MapGet("/recordings/{id}", (string id, HttpContext context, RecordingPages served) => served.AskAsync(id, context)).WithMetadata(Of(PageRoles.ReadsRecordings));
        pages.MapPost("/recordings/{id}/views", (string id, HttpContext context, RecordingPages served) => served.ViewAsync(id, context)).WithMetadata(Of(PageRoles.ReadsRecordings));
        pages.MapGet("/recordings/{id}/replay", (string id, HttpContext context, RecordingPages served) => served.ReplayAsync(id, context)).WithMetadata(Of(PageRoles.ReadsRecordings));
        pages.MapGet("/recordings/{id}/index", (string id, HttpContext context, RecordingPages served) => served.IndexAsync(id, context)).WithMetadata(Of(PageRoles.ReadsRecordings));
        pages.MapGet("/recordings/{id}/object", (string id, HttpContext context, RecordingPages served) => served.ObjectAsync(id, context)).WithMetadata(Of(PageRoles.ReadsRecordings));
    }

    // The start page shows a person what his roles reach, which may be nothing.
    private static AllowAttribute Signed { get; } = new(CallerRoles.None) { Decides = true };

    private static AllowAttribute Decides { get; } = new(CallerRoles.None) { Own = CallerRoles.Operator, Decides = true };

    private static AllowAttribute Of(CallerRoles roles, CallerRoles own = CallerRoles.None) => new(roles) { Own = own };
}
