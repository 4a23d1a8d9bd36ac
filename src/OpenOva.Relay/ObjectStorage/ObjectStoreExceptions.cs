namespace OpenOva.Relay.ObjectStorage;

internal abstract class ObjectStoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store does not answer, is full, or denies access. The call may succeed later; whether a put took place is unknown.</summary>
internal sealed class ObjectStoreUnavailableException(string message, Exception? inner = null) : ObjectStoreException(message, inner);

internal sealed class ObjectNotFoundException(string bucket, string key)
    : ObjectStoreException(key.Length == 0 ? $"There is no bucket {bucket}." : $"There is no object {bucket}/{key}.")
{
    /// <summary>Not even the bucket is there.</summary>
    public bool IsBucket { get; } = key.Length == 0;
}

internal sealed class ObjectAlreadyExistsException(string bucket, string key) : ObjectStoreException($"{bucket}/{key} exists already.");

/// <summary>The bytes are not those that the hash or the length promises.</summary>
internal sealed class ObjectChecksumException(string bucket, string key, string detail) : ObjectStoreException($"{bucket}/{key}: {detail}");

internal sealed class ObjectLockedException(string bucket, string key, string reason) : ObjectStoreException($"{bucket}/{key} is locked: {reason}");

internal sealed class ObjectRangeException(string bucket, string key) : ObjectStoreException($"The range is outside {bucket}/{key}.");

/// <summary>The store refuses this identity what it wants to do. The call may succeed once an operator has granted it.</summary>
internal sealed class ObjectStoreDeniedException(string message) : ObjectStoreException(message);

/// <summary>The configuration has no identity for what is wanted.</summary>
internal sealed class ObjectStoreIdentityException(string key, string what, string name)
    : ObjectStoreException($"{what} {name}: {key} is not set, and no other identity does this.");
