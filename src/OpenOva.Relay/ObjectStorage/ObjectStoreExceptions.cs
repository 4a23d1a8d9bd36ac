namespace OpenOva.Relay.ObjectStorage;

internal abstract class ObjectStoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store does not answer, is full, or denies access. The call may succeed later; whether a put took place is unknown.</summary>
internal sealed class ObjectStoreUnavailableException(string message, Exception? inner = null) : ObjectStoreException(message, inner);

internal sealed class ObjectNotFoundException(string bucket, string key)
    : ObjectStoreException(key.Length == 0 ? $"There is no bucket {bucket}." : $"There is no object {bucket}/{key}.");

internal sealed class ObjectAlreadyExistsException(string bucket, string key) : ObjectStoreException($"{bucket}/{key} exists already.");

/// <summary>The bytes are not those that the hash or the length promises.</summary>
internal sealed class ObjectChecksumException(string bucket, string key, string detail) : ObjectStoreException($"{bucket}/{key}: {detail}");

internal sealed class ObjectLockedException(string bucket, string key, string reason) : ObjectStoreException($"{bucket}/{key} is locked: {reason}");

internal sealed class ObjectRangeException(string bucket, string key) : ObjectStoreException($"The range is outside {bucket}/{key}.");
