using Microsoft.Net.Http.Headers;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Recordings;

/// <summary>Before a recording is replayed: what for.</summary>
internal sealed record PurposeModel(string Session, string FormToken);

/// <summary>A recording that is replayed.</summary>
internal sealed record ReplayModel(string Session, string Pass, RecordingRow Row);

/// <summary>Replay straight from the store: the index tells the player which part of the object holds which time, and it asks for that part alone.</summary>
internal sealed class RecordingPages(RecordingReads reads, IObjectStore store, TimeProvider time)
{
    private const string Part = "replay";

    public async Task<IResult> AskAsync(string id, HttpContext context)
    {
        await reads.FindAsync(context.Callers().Caller, id, context.RequestAborted);
        return PageRenderer.Page<PurposeBody>(PageFrame.Of(context, "Replay"), new PurposeModel(id, context.Features.Get<BrowserFeature>()?.Secret.FormToken ?? ""));
    }

    public async Task<IResult> ViewAsync(string id, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        await reads.ViewAsync(context.Callers().Caller, id, form["purpose"].ToString(), Part, context.RequestAborted);
        var pass = ReplayPass.Issue(context.Features.Get<BrowserFeature>()!.Secret, id, time.GetUnixMicroseconds());
        return Results.Redirect($"/recordings/{id}/replay?pass={pass}");
    }

    public async Task<IResult> ReplayAsync(string id, HttpContext context)
    {
        var row = await FindAsync(id, context);
        return PageRenderer.Page<ReplayBody>(PageFrame.Of(context, "Replay", "local-times.js", "replay.js"), new ReplayModel(id, context.Request.Query["pass"].ToString(), row));
    }

    public async Task<IResult> IndexAsync(string id, HttpContext context)
    {
        var row = await FindAsync(id, context);
        var index = await store.GetVersionAsync(row.Bucket, row.IndexKey, row.IndexVersion, null, context.RequestAborted);
        context.Response.RegisterForDisposeAsync(index);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Stream(index.Content, "application/json");
    }

    /// <summary>One range of the object, as its bytes stand in the store. Never with a content encoding: a browser would unpack the first member and drop the rest.</summary>
    public async Task<IResult> ObjectAsync(string id, HttpContext context)
    {
        var row = await FindAsync(id, context);
        if (!RangeHeaderValue.TryParse(context.Request.Headers.Range.ToString(), out var ranges) || ranges is not { Unit.Value: "bytes", Ranges: { Count: 1 } parts })
            throw RelayException.InvalidField("Range");
        if (parts.First() is not { From: { } from, To: { } to } || from > to || to >= row.ObjectBytes) throw RelayException.InvalidField("Range");
        var opened = await store.GetVersionAsync(row.Bucket, row.ObjectKey, row.ObjectVersion, new ByteRange(from, to - from + 1), context.RequestAborted);
        context.Response.RegisterForDisposeAsync(opened);
        context.Response.StatusCode = StatusCodes.Status206PartialContent;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentRange = $"bytes {from}-{to}/{row.ObjectBytes}";
        context.Response.ContentLength = to - from + 1;
        return Results.Stream(opened.Content, "application/octet-stream");
    }

    private Task<RecordingRow> FindAsync(string id, HttpContext context)
    {
        if (!ReplayPass.Admits(context.Features.Get<BrowserFeature>()?.Secret, id, context.Request.Query["pass"], time.GetUnixMicroseconds()))
            throw new RelayException(ErrorReason.NotPermitted);
        return reads.FindAsync(context.Callers().Caller, id, context.RequestAborted);
    }
}
