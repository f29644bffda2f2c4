using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Crypto;

/// <summary>
/// The few libsodium functions the protocol needs (recipes: docs of <see cref="XEdDsa"/> and <see cref="Curve25519"/>).
/// Every function returns 0 on success; callers pass the result to <see cref="Check"/> or test it themselves.
/// </summary>
internal static partial class Sodium
{
    /// <summary>Room for libsodium's SHA-512 state, bytes; the true size is checked once at start.</summary>
    internal const int Sha512StateSize = 208;

    private const string Library = "libsodium";

    static Sodium()
    {
        if (Init() < 0 || Sha512StateBytes() > Sha512StateSize)
            throw new CryptographicException("libsodium could not be initialised.");
    }

    /// <summary>Throws when a libsodium call that cannot fail on honest input did fail.</summary>
    internal static void Check(int result)
    {
        if (result != 0)
            throw new CryptographicException("A libsodium operation failed.");
    }

    [LibraryImport(Library, EntryPoint = "sodium_init"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial int Init();

    [LibraryImport(Library, EntryPoint = "crypto_hash_sha512_statebytes"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial nuint Sha512StateBytes();

    /// <summary>shared(32) = scalar(32) · u(32). Non-zero result: the point is of low order.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int ScalarMult(Span<byte> shared, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> u);

    /// <summary>u(32) = scalar(32) · 9.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int ScalarMultBase(Span<byte> u, ReadOnlySpan<byte> scalar);

    /// <summary>point(32) = scalar(32) · B on the Edwards curve, scalar taken as it is.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_ed25519_base_noclamp"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int EdwardsBase(Span<byte> point, ReadOnlySpan<byte> scalar);

    /// <summary>reduced(32) = wide(64) mod L.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_scalar_reduce"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial void ScalarReduce(Span<byte> reduced, ReadOnlySpan<byte> wide);

    /// <summary>z(32) = x(32) · y(32) mod L.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_scalar_mul"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial void ScalarMultiply(Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    /// <summary>z(32) = x(32) + y(32) mod L.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_scalar_add"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial void ScalarAdd(Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    /// <summary>Ed25519 check of signature(64) under point(32). Zero: good.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_verify_detached"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int VerifyDetached(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> point);

    /// <summary>Starts a SHA-512 in a caller's buffer of <see cref="Sha512StateSize"/> bytes, so that it can be wiped.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_hash_sha512_init"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int Sha512Init(Span<byte> state);

    /// <summary>Hashes more bytes.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_hash_sha512_update"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int Sha512Update(Span<byte> state, ReadOnlySpan<byte> data, ulong length);

    /// <summary>Writes the 64-byte hash.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_hash_sha512_final"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int Sha512Final(Span<byte> state, Span<byte> hash);

    /// <summary>Argon2 (algorithm 2 = Argon2id, version 1.3) of a passphrase with a salt of 16 bytes; memory in bytes.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_pwhash"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    internal static partial int PasswordHash(Span<byte> output, ulong outputLength, ReadOnlySpan<byte> passphrase, ulong passphraseLength, ReadOnlySpan<byte> salt, ulong passes, nuint memory, int algorithm);
}
