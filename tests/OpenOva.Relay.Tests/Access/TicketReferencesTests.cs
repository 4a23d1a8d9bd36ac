using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenOva.Relay.Access;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Access;

/// <summary>Against a small server that stands for a ticket system: JSON with the state of CHG0000001 and others.</summary>
[Trait("Kind", "Fast")]
public sealed class TicketReferencesTests : IAsyncLifetime
{
    private readonly LoggedLines<TicketReferences> _log = new();
    private readonly string _tokenFile = Path.GetTempFileName();
    private WebApplication _system = null!;
    private ServiceProvider _clients = null!;
    private string _asked = "";

    [Theory]
    [InlineData("", false, "")]
    [InlineData("", true, "required")]
    [InlineData("CHG0000001", true, "")]
    [InlineData("CHG000001", true, "pattern")]
    [InlineData("xCHG0000001", true, "pattern")]
    [InlineData("CHG0000001\n", true, "pattern")]
    public async Task Reference_ByPattern(string reference, bool required, string refusal)
    {
        var tickets = Tickets(new OrganisationAccess { TicketPattern = "(CHG|INC)[0-9]{7}", TicketRequired = required });

        if (refusal.Length == 0) Assert.Null((await CheckAsync(tickets, reference)).CheckedUs);
        else Assert.Equal(refusal, (await Assert.ThrowsAsync<RelayException>(() => CheckAsync(tickets, reference))).Details["rule"]);
    }

    [Theory]
    [InlineData("CHG0000001", "scheduled", true)]
    [InlineData("CHG0000002", "closed", false)]
    [InlineData("CHG0000009", "(not found)", false)]
    public async Task Reference_ByItsState(string reference, string state, bool allowed)
    {
        var tickets = Tickets(Checked());

        if (allowed)
        {
            var standing = await CheckAsync(tickets, reference);
            Assert.Equal(state, standing.State);
            Assert.NotNull(standing.CheckedUs);
        }
        else
        {
            var refused = await Assert.ThrowsAsync<RelayException>(() => CheckAsync(tickets, reference));
            Assert.Equal((ErrorReason.TicketReferenceRefused, "state"), (refused.Reason, refused.Details["rule"]));
        }
    }

    [Theory]
    [InlineData("CHG0000003")]
    [InlineData("CHG0000004")]
    [InlineData("CHG0000005")]
    [InlineData("CHG0000006")]
    public async Task System_ThatDoesNotAnswerAsItShould_RefusesOrIsNoted(string reference)
    {
        Assert.Equal(ErrorReason.BackendUnavailable, (await Assert.ThrowsAsync<RelayException>(() => CheckAsync(Tickets(Checked()), reference))).Reason);

        var lenient = Checked();
        lenient.TicketCheck!.RefuseUnanswered = false;
        Assert.Equal("(not answered)", (await CheckAsync(Tickets(lenient), reference)).State);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reference_OfAnyText_StaysInItsPlaceOfTheAddress()
    {
        var refused = await Assert.ThrowsAsync<RelayException>(() => CheckAsync(Tickets(Checked()), "../admin?x=#y"));

        Assert.Equal("state", refused.Details["rule"]);
        Assert.Equal("/tickets/..%2Fadmin%3Fx%3D%23y", _asked);
    }

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_tokenFile, "s3cret\n");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _system = builder.Build();
        _system.Urls.Add("http://127.0.0.1:0");
        _system.Run(AnswerAsync);
        await _system.StartAsync();
        _clients = new ServiceCollection().AddHttpClient().BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        await _clients.DisposeAsync();
        File.Delete(_tokenFile);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        _asked = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        if (context.Request.Headers.Authorization != "Bearer s3cret") context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
        else await (_asked switch
        {
            "/tickets/CHG0000001" => context.Response.WriteAsync("""{"result":[{"state":"scheduled"}]}"""),
            "/tickets/CHG0000002" => context.Response.WriteAsync("""{"result":[{"state":"closed"}]}"""),
            "/tickets/CHG0000003" => Status(context, HttpStatusCode.InternalServerError),
            "/tickets/CHG0000004" => context.Response.WriteAsync("no JSON"),
            "/tickets/CHG0000005" => context.Response.WriteAsync("""{"result":[]}"""),
            "/tickets/CHG0000006" => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default),
            _ => Status(context, HttpStatusCode.NotFound),
        });
    }

    private static Task Status(HttpContext context, HttpStatusCode status)
    {
        context.Response.StatusCode = (int)status;
        return Task.CompletedTask;
    }

    private OrganisationAccess Checked() => new()
    {
        TicketCheck = new TicketCheckOptions
        {
            Url = _system.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/tickets/{ticket}",
            TokenFile = _tokenFile, StatePointer = "/result/0/state", AllowedStates = { "scheduled", "implement" }, Timeout = TimeSpan.FromMilliseconds(500),
        },
    };

    private TicketReferences Tickets(OrganisationAccess organisation) => new(
        new AccessOptions { Organisations = new Dictionary<string, OrganisationAccess> { ["acme"] = organisation } },
        _clients.GetRequiredService<IHttpClientFactory>(), TimeProvider.System, _log);

    private static Task<TicketStanding> CheckAsync(TicketReferences tickets, string reference) => tickets.CheckAsync("acme", reference, TestContext.Current.CancellationToken);
}
