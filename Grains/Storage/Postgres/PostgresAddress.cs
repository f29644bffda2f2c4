using Npgsql;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary><c>POSTGRES</c>: <c>postgres://user:password@host:5432/database?sslmode=require</c>, or Npgsql's own <c>Host=…;Database=…</c>. Pure.</summary>
public static class PostgresAddress
{
    private const string Form = "POSTGRES must be postgres://user:password@host:5432/database or Host=…;Username=…;Password=…;Database=…";

    /// <summary>The connection string, with what we need where nothing is said.</summary>
    /// <exception cref="BadConfigurationException">Neither form. The message never holds the text, which has a password in it.</exception>
    public static string Parse(string text)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
                ? FromUri(new Uri(text)) : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException)
        {
            throw new BadConfigurationException(Form);
        }
        if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database))
            throw new BadConfigurationException(Form);
        SetUnlessGiven("Application Name", "whatsapp-cluster");
        // Our statements are few and constant: prepared once per connection.
        SetUnlessGiven("Max Auto Prepare", 200);
        SetUnlessGiven("Auto Prepare Min Usages", 2);
        // Each has a process of the server, which must learn our statements anew: a few that are busy do more than many.
        SetUnlessGiven("Maximum Pool Size", 24);
        // Nothing of ours outlives a statement in its session: to clean it up before each use costs the server more than most statements.
        SetUnlessGiven("No Reset On Close", true);
        return builder.ConnectionString;

        void SetUnlessGiven(string name, object value)
        {
            // ContainsKey says whether the name is known to Npgsql at all.
            if (!builder.ShouldSerialize(name))
                builder[name] = value;
        }
    }

    private static NpgsqlConnectionStringBuilder FromUri(Uri uri)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')) };
        if (uri.Port > 0)
            builder.Port = uri.Port;
        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest])
        {
            builder.Username = Uri.UnescapeDataString(user);
            if (rest is [var password])
                builder.Password = Uri.UnescapeDataString(password);
        }
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            if (pair.Split('=', 2) is [var name, var value])
                builder[Uri.UnescapeDataString(name) is "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value);
        return builder;
    }
}
