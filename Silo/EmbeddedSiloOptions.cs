namespace WhatsApp.Silo;

/// <summary>The settings of the embedded mode, read from configuration once.</summary>
/// <param name="DataDirectory">Folder of the database, the key file and media. <c>DATA_DIR</c>, default ./data.</param>
/// <param name="DataKey">32 bytes in base64 or hex, or null for the key file. <c>DATA_KEY</c>.</param>
/// <param name="Synchronous">SQLite's durability against power loss. <c>Storage:Synchronous</c>.</param>
/// <param name="LoginsPerSecond">Most connects per second. <c>WhatsApp:LoginsPerSecond</c>.</param>
public sealed record EmbeddedSiloOptions(string DataDirectory, string? DataKey, string Synchronous, double LoginsPerSecond)
{
    /// <summary>Reads and checks.</summary>
    /// <exception cref="InvalidOperationException">A value is not usable; the message names it.</exception>
    public static EmbeddedSiloOptions From(IConfiguration configuration)
    {
        var logins = configuration.GetValue("WhatsApp:LoginsPerSecond", 20d);
        if (logins is not (> 0 and <= 10_000))
            throw new InvalidOperationException("WhatsApp:LoginsPerSecond must be a number above 0 and at most 10000");
        return new EmbeddedSiloOptions(
            Path.GetFullPath(configuration["DATA_DIR"] is { Length: > 0 } folder ? folder : "data"),
            configuration["DATA_KEY"],
            configuration["Storage:Synchronous"] ?? "NORMAL",
            logins);
    }
}
