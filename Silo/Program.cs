return await WhatsApp.Silo.SiloApp.RunAsync(args);
