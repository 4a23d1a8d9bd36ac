using System.Net;
using Amazon.Runtime;

namespace OpenOva.Relay.ObjectStorage.S3;

internal enum S3FailureKind
{
    NoObject,
    NoBucket,
    Exists,
    WrongHash,
    OutOfRange,

    /// <summary>The identity may not do this, or a lock forbids it: S3 says the same of both.</summary>
    Denied,

    /// <summary>The store does not know the keys, or the signature made with them.</summary>
    KeysRefused,

    /// <summary>It asks to be tried again, or two requests met.</summary>
    Busy,

    /// <summary>No answer, or none that can be read.</summary>
    Broken,

    /// <summary>Any other refusal: trying again does not help.</summary>
    Refused,
}

/// <summary>
/// Why a request failed. The SDK's own exceptions go no further than here: they carry the raw answer, which may quote what was signed.
/// </summary>
internal sealed record S3Failure(S3FailureKind Kind, string Detail, Exception? Inner = null)
{
    /// <summary>The same request may succeed in a moment.</summary>
    public bool MayPass => Kind is S3FailureKind.Busy or S3FailureKind.Broken or S3FailureKind.WrongHash;

    /// <summary>Null: not the transport's or the store's failure.</summary>
    public static S3Failure? Of(Exception exception, S3Attempt attempt) => exception switch
    {
        AmazonServiceException { StatusCode: not 0 } answered => OfAnswer(answered),
        _ when attempt.Stalled => new S3Failure(S3FailureKind.Broken, "did not go on in time"),
        AmazonServiceException or AmazonClientException => OfTransport(exception.InnerException) ?? new S3Failure(S3FailureKind.Broken, "gave no answer that can be read"),
        _ => OfTransport(exception),
    };

    private static S3Failure? OfTransport(Exception? exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException
            ? new S3Failure(S3FailureKind.Broken, $"could not be reached or broke off ({Innermost(exception).Message})", exception)
            : null;

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner) exception = inner;
        return exception;
    }

    private static S3Failure OfAnswer(AmazonServiceException answered)
    {
        // Only what cannot carry a secret: status, error code and request id, each as plain words.
        var (status, code) = (answered.StatusCode, Word(answered.ErrorCode));
        var detail = $"answered {(int)status}{(code.Length > 0 ? $" {code}" : "")}{(Word(answered.RequestId) is { Length: > 0 } id ? $", request {id}" : "")}";
        return new S3Failure(KindOf(status, code), detail);
    }

    private static S3FailureKind KindOf(HttpStatusCode status, string code) => (status, code) switch
    {
        (_, "NoSuchBucket") => S3FailureKind.NoBucket,
        (HttpStatusCode.NotFound, _) => S3FailureKind.NoObject,
        (HttpStatusCode.PreconditionFailed, _) => S3FailureKind.Exists,

        // Two conditional writes met; S3 asks for another try, and the loser then gets 412.
        (HttpStatusCode.Conflict, "ConditionalRequestConflict" or "OperationAborted") => S3FailureKind.Busy,
        (HttpStatusCode.Conflict, _) => S3FailureKind.Exists,
        (HttpStatusCode.RequestedRangeNotSatisfiable, _) => S3FailureKind.OutOfRange,
        (HttpStatusCode.BadRequest, "BadDigest" or "InvalidDigest" or "XAmzContentSHA256Mismatch" or "XAmzContentChecksumMismatch") => S3FailureKind.WrongHash,
        (_, "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "RequestTimeTooSkewed") => S3FailureKind.KeysRefused,
        (HttpStatusCode.Unauthorized, _) => S3FailureKind.KeysRefused,
        (HttpStatusCode.Forbidden, _) => S3FailureKind.Denied,
        (HttpStatusCode.BadRequest, "RequestTimeout") => S3FailureKind.Busy,
        (HttpStatusCode.NotImplemented, _) => S3FailureKind.Refused,
        (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError, _) => S3FailureKind.Busy,
        _ => S3FailureKind.Refused,
    };

    private static string Word(string? text) =>
        text is { Length: > 0 and <= 80 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text : "";
}
