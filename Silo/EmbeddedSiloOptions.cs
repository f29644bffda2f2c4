using System.Globalization;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Silo;

/// <summary>The settings of the embedded mode, read from configuration once.</summary>
/// <param name="DataDirectory">Folder of the database, the key file and media. <c>DATA_DIR</c>, default ./data.</param>
/// <param name="DataKey">32 bytes in base64 or hex, or null for the key file. <c>DATA_KEY</c>.</param>
/// <param name="Synchronous">SQLite's durability against power loss: NORMAL, FULL or EXTRA. <c>Storage:Synchronous</c>.</param>
/// <param name="LoginsPerSecond">Most connects per second. <c>WhatsApp:LoginsPerSecond</c>.</param>
public sealed record EmbeddedSiloOptions(string DataDirectory, string? DataKey, string Synchronous, double LoginsPerSecond)
{
    // When a silo dies, the others log its instances in again: at 20/s a hundred of them would wait longer for their turn than for all the rest.
    private const double NormalLogins = 50;

    /// <summary>Reads and checks.</summary>
    /// <exception cref="BadConfigurationException">A value is not usable; the message names it.</exception>
    public static EmbeddedSiloOptions From(IConfiguration configuration)
    {
        var dataKey = configuration["DATA_KEY"] is { Length: > 0 } key ? key : null;
        if (dataKey is not null)
            _ = Grains.Storage.DataKey.Parse(dataKey);
        return new EmbeddedSiloOptions(
            Path.GetFullPath(configuration["DATA_DIR"] is { Length: > 0 } folder ? folder : "data"), dataKey, SynchronousOf(configuration), LoginsOf(configuration));
    }

    private static string SynchronousOf(IConfiguration configuration)
    {
        var synchronous = configuration["Storage:Synchronous"] is { Length: > 0 } given ? given.ToUpperInvariant() : "NORMAL";
        return synchronous is "NORMAL" or "FULL" or "EXTRA" ? synchronous : throw new BadConfigurationException("Storage:Synchronous must be NORMAL, FULL or EXTRA");
    }

    internal static double LoginsOf(IConfiguration configuration)
    {
        if (configuration["WhatsApp:LoginsPerSecond"] is not { Length: > 0 } text)
            return NormalLogins;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var logins) && logins is > 0 and <= 10_000
            ? logins
            : throw new BadConfigurationException("WhatsApp:LoginsPerSecond must be a number above 0 and at most 10000");
    }
}
