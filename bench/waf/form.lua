-- A form of twenty fields, as an administration has them: wrk sends it again and again.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "civilite=Mme&nom=Lef%C3%A8vre&prenom=Zo%C3%A9&naissance=1984-02-29&lieu=Saint-%C3%89tienne"
  .. "&adresse=12+bis%2C+rue+de+l%27%C3%89glise&complement=B%C3%A2t.+C&cp=42000&ville=Saint-%C3%89tienne&pays=FR"
  .. "&tel=%2B33+4+77+00+00+00&mel=zoe.lefevre%40example.fr&profession=Ing%C3%A9nieure&employeur=Soci%C3%A9t%C3%A9+du+Nord"
  .. "&salaire=2450&enfants=2&dossier=2026-4512&commentaire=RAS&cgu=on&jeton=dGhpcyBpcyBhIHRva2Vu"
