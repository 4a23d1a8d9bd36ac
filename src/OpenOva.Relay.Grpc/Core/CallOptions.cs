using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>What a caller sets for one call.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "The published type has no operators.")]
public struct CallOptions
{
    /// <summary>Options for a call; what is left out has no effect.</summary>
    /// <param name="headers">The metadata to send.</param>
    /// <param name="deadline">When the call is given up, UTC.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">How requests are written.</param>
    /// <param name="propagationToken">Accepted and without effect.</param>
    /// <param name="credentials">Adds metadata, such as a token, to the call.</param>
    [SuppressMessage("Design", "CA1068:CancellationToken parameters must come last", Justification = "The published order.")]
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>The metadata to send.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>When the call is given up, UTC; null for never.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How requests are written.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>Accepted and without effect.</summary>
    public ContextPropagationToken? PropagationToken { get; private init; }

    /// <summary>Adds metadata, such as a token, to the call.</summary>
    public CallCredentials? Credentials { get; private init; }

    /// <summary>Accepted and without effect: a call to a server that cannot be reached fails.</summary>
    public bool IsWaitForReady { get; private init; }

    /// <summary>These options with other metadata.</summary>
    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>These options with another deadline.</summary>
    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>These options with another token.</summary>
    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>These options with other write options.</summary>
    public readonly CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>These options with another propagation token.</summary>
    public readonly CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>These options with other credentials.</summary>
    public readonly CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>These options with another choice of waiting.</summary>
    public readonly CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
