using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Storage;

/// <summary>The data key is missing, malformed or not the one this database was sealed under. The message is one line for the operator.</summary>
public sealed class DataKeyException(string message, Exception? inner = null) : BadConfigurationException(message, inner);

/// <summary>
/// The 32-byte key that seals secrets at rest: <c>DATA_KEY</c> (base64 or hex), or in embedded mode the file <c>data.key</c>
/// in the data folder (base64 and a line feed, mode 600). Whoever holds a backup of the database needs this key too.
/// </summary>
public static class DataKey
{
    /// <summary>Name of the key file.</summary>
    public const string FileName = "data.key";
    /// <summary>Length of the key.</summary>
    public const int Size = 32;

    /// <summary>Reads a configured key.</summary>
    /// <exception cref="DataKeyException">Not 32 bytes of base64 (ordinary or URL form) or hex.</exception>
    public static byte[] Parse(string text) =>
        TryParse(text) ?? throw new DataKeyException("DATA_KEY must be 32 bytes, written as 64 hex digits or as base64 (for example from: openssl rand -base64 32)");

    /// <summary>The key file's key, or null when there is no file.</summary>
    /// <exception cref="DataKeyException">The file holds something else.</exception>
    public static byte[]? ReadFile(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
            return null;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read);
        if (stream.Length > 1024)
            throw new DataKeyException($"{path} does not hold a data key");
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return TryParse(reader.ReadToEnd()) ?? throw new DataKeyException($"{path} does not hold a data key");
    }

    /// <summary>Makes a key and its file; when another process was first, returns that one's.</summary>
    public static byte[] CreateFile(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        var key = RandomNumberGenerator.GetBytes(Size);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
            stream.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(temporary, path, overwrite: false);
            return key;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary);
            return ReadFile(dataDirectory)!;
        }
    }

    /// <summary>The key that signs links, 32 bytes: HKDF of the data key, so that no link tells anything about what is sealed.</summary>
    public static byte[] ForLinks(byte[] dataKey) => HKDF.DeriveKey(HashAlgorithmName.SHA256, dataKey, Size, info: "signed links"u8.ToArray());

    /// <summary>Makes the data folder, for its owner only.</summary>
    public static void EnsureDirectory(string dataDirectory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(dataDirectory);
        else
            Directory.CreateDirectory(dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static byte[]? TryParse(string text)
    {
        text = text.Trim();
        if (text.Length > 128)
            return null;
        try
        {
            var key = text.Length == Size * 2 ? Convert.FromHexString(text) : Base64Url.DecodeFromChars(text.Replace('+', '-').Replace('/', '_'));
            return key.Length == Size ? key : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
