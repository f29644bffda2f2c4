namespace WhatsApp.Sandbox.Accounts;

/// <summary>The encrypted app state patches of one account: the server numbers them and cannot read them (wire/06 §1, §5).</summary>
internal sealed class AppStateShelf
{
    /// <summary>Most patches kept per collection; a client further behind is refused.</summary>
    public const int MaxPatches = 2000;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<byte[]>> _collections = [];

    /// <summary>Patches after <paramref name="version"/>, oldest first, and the collection's version.</summary>
    public (ulong Version, IReadOnlyList<byte[]> Patches) Since(string collection, ulong version)
    {
        lock (_gate)
        {
            var patches = _collections.GetValueOrDefault(collection, []);
            return ((ulong)patches.Count, version >= (ulong)patches.Count ? [] : patches.GetRange((int)version, patches.Count - (int)version));
        }
    }

    /// <summary>Appends a patch made on <paramref name="baseVersion"/>; null when the base is stale or the shelf is full.</summary>
    public ulong? Append(string collection, ulong baseVersion, byte[] patch)
    {
        lock (_gate)
        {
            if (!_collections.TryGetValue(collection, out var patches))
                _collections[collection] = patches = [];
            if (baseVersion != (ulong)patches.Count || patches.Count >= MaxPatches)
                return null;
            patches.Add(patch);
            return (ulong)patches.Count;
        }
    }
}
