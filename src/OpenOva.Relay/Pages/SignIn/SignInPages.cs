using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Frame;

namespace OpenOva.Relay.Pages.SignIn;

/// <summary>Which sign-in, and what came of the last try.</summary>
/// <param name="Choices">Issuers of the organisation that was named, by their place among its own.</param>
internal sealed record SignInModel(string ReturnTo, string Organisation, IReadOnlyList<string> Choices, bool IsUnknown, bool HasFailed, bool IsOffered);

/// <summary>The pages for those who are not signed in. Organisations are asked for and not listed: who they are is nobody's business.</summary>
internal sealed class SignInPages(CodeFlow flow)
{
    public IResult Choose(HttpContext context)
    {
        var query = context.Request.Query;
        var organisation = query["organisation"].ToString();
        var offered = flow.Issuers.ToList();
        var matching = organisation.Length == 0 && offered.Select(issuer => issuer.Organisation).Distinct(StringComparer.Ordinal).Count() == 1
            ? offered
            : offered.FindAll(issuer => issuer.Organisation == organisation);
        var model = new SignInModel(
            LocalPath.Of(query["return"]), matching.Count > 0 ? matching[0].Organisation : organisation, [.. matching.Select(issuer => issuer.Issuer)],
            organisation.Length > 0 && matching.Count == 0, query["failed"] == "1", offered.Count > 0);
        return PageRenderer.Page<SignInBody>(PageFrame.Of(context, "Sign in") with { Person = null }, model);
    }

    public static IResult Goodbye(HttpContext context) => PageRenderer.Page<GoodbyeBody>(PageFrame.Of(context, "Signed out") with { Person = null });
}
