namespace OpenOva.Relay.Shared;

/// <summary>What <see cref="FaultyHttpProxy"/> does to a request. One of these; combine them by planning several.</summary>
public abstract record HttpFault
{
    /// <summary>Passes the whole request on and waits for the whole reply, then closes the connection without giving it: the change took place, nobody knows.</summary>
    public static HttpFault LoseReply { get; } = new Losing();

    /// <summary>Takes the whole request and answers it itself; the server never sees it.</summary>
    public static HttpFault Answer(int status, string body = "", string contentType = "application/xml") => new Answering(status, body, contentType);

    /// <summary>Passes the request on after a pause, even if the client has gone by then.</summary>
    public static HttpFault Delay(TimeSpan pause) => new Delaying(pause);

    /// <summary>Takes the request and gives no reply until the connection is closed.</summary>
    public static HttpFault Hang { get; } = new Hanging();

    /// <summary>Gives the reply's head and this many bytes of its body, then closes the connection.</summary>
    public static HttpFault CutReply(long bodyBytes) => new CuttingReply(bodyBytes);

    /// <summary>Gives the reply's head and this many bytes of its body, then nothing until the connection is closed.</summary>
    public static HttpFault StallReply(long bodyBytes) => new StallingReply(bodyBytes);

    /// <summary>Passes this many bytes of the request's body on, then closes both connections.</summary>
    public static HttpFault CutRequest(long bodyBytes) => new CuttingRequest(bodyBytes);

    /// <summary>Turns one bit of the request's first body byte.</summary>
    public static HttpFault FlipRequestBit { get; } = new Flipping();

    internal sealed record Losing : HttpFault;

    internal sealed record Answering(int Status, string Body, string ContentType) : HttpFault;

    internal sealed record Delaying(TimeSpan Pause) : HttpFault;

    internal sealed record Hanging : HttpFault;

    internal sealed record CuttingReply(long BodyBytes) : HttpFault;

    internal sealed record StallingReply(long BodyBytes) : HttpFault;

    internal sealed record CuttingRequest(long BodyBytes) : HttpFault;

    internal sealed record Flipping : HttpFault;
}
